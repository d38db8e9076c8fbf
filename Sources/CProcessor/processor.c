#include "processor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The macros of the package's own target remain; code is generated for the oldest one. */
#if defined(__x86_64__)
#define OLDEST __attribute__((target("arch=x86-64"), noinline))
#else
#define OLDEST __attribute__((noinline))
#endif

OLDEST const char *processor_compiled_level(void) {
#if !defined(__x86_64__)
  return "not x86-64";
#elif defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__) && \
    defined(__AVX512VL__)
  return "x86-64-v4";
#elif defined(__AVX2__) && defined(__FMA__) && defined(__BMI2__)
  return "x86-64-v3";
#elif defined(__SSE4_2__) && defined(__POPCNT__)
  return "x86-64-v2";
#else
  return "x86-64";
#endif
}

#if defined(__x86_64__)
/* Adds " name" to a list unless the processor has that extension. */
#define REQUIRE(name) \
  if (!__builtin_cpu_supports(name)) strncat(list, " " name, size - strlen(list) - 1)

/* Writes the extensions that the package was compiled for and that are missing. */
OLDEST static void list_missing(char *list, size_t size) {
  list[0] = '\0';
  __builtin_cpu_init();
#ifdef __SSE4_2__
  REQUIRE("sse4.2");
#endif
#ifdef __POPCNT__
  REQUIRE("popcnt");
#endif
#ifdef __AVX__
  REQUIRE("avx");
#endif
#ifdef __AVX2__
  REQUIRE("avx2");
#endif
#ifdef __FMA__
  REQUIRE("fma");
#endif
#ifdef __BMI__
  REQUIRE("bmi");
#endif
#ifdef __BMI2__
  REQUIRE("bmi2");
#endif
#ifdef __AVX512F__
  REQUIRE("avx512f");
#endif
#ifdef __AVX512BW__
  REQUIRE("avx512bw");
#endif
#ifdef __AVX512CD__
  REQUIRE("avx512cd");
#endif
#ifdef __AVX512DQ__
  REQUIRE("avx512dq");
#endif
#ifdef __AVX512VL__
  REQUIRE("avx512vl");
#endif
}
#else
OLDEST static void list_missing(char *list, size_t size) {
  if (size > 0) list[0] = '\0';
}
#endif

OLDEST void processor_require_extensions(int status, int speaks) {
  char missing[256];
  list_missing(missing, sizeof missing);
  if (missing[0] == '\0') return;
  if (speaks)
    fprintf(stderr,
            "moe-mlora: error: this program was compiled for %s, and the processor lacks%s; "
            "build it on this machine with MOE_MLORA_MARCH=native\n",
            processor_compiled_level(), missing);
  _exit(status);
}

OLDEST int processor_announced_rank(void) {
  static const char *const variables[] = {
      "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID", "PMI_RANK"};
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
    const char *text = getenv(variables[i]);
    char *end;
    if (text == NULL) continue;
    long rank = strtol(text, &end, 10);
    if (end != text && *end == '\0') return (int)rank;
  }
  return 0;
}

OLDEST const char *processor_compiler(void) { return __VERSION__; }
