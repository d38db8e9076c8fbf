#include "processor.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

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
/* Adds " name" to a list, or only if the processor lacks that extension. */
#define LIST_UNLESS(has, name) \
  if (!missing || !(has)) strncat(list, " " name, size - strlen(list) - 1)
#define LIST(name) LIST_UNLESS(__builtin_cpu_supports(name), name)

/* The extensions that the run-time library of GCC 12, Debian's, does not know: it would call them
 * missing where they are. They need of the operating system what AVX2 needs, which is listed, too. */
enum { AVXIFMA = 1 << 23 };                                           /* in EAX */
enum { AVXVNNIINT8 = 1 << 4, AVXNECONVERT = 1 << 5, AVXVNNIINT16 = 1 << 10 }; /* in EDX */

/* Two registers of CPUID leaf 7, subleaf 1; zeros where there is none. */
struct leaf7_1 {
  unsigned eax, edx;
};

OLDEST static struct leaf7_1 read_leaf7_1(void) {
  unsigned eax = 0, ebx, ecx, edx = 0;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || eax < 1) return (struct leaf7_1){0, 0};
  __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx);
  return (struct leaf7_1){eax, edx};
}

/* Writes the extensions that the package was compiled for: all, or those that are missing.
 *
 * Every extension that the compiler may use by itself is here as soon as its macro is defined, which
 * `-march=native` does for all that the building machine has. LAHF and CMPXCHG16B, which belong to
 * x86-64-v2, are not: the run-time library does not tell them, and no processor with AVX lacks them. */
OLDEST static void list_extensions(char *list, size_t size, int missing) {
  const struct leaf7_1 leaf7_1 = read_leaf7_1();
  /* These have no use where nothing but the oldest x86-64 is needed. */
  (void)size, (void)missing, (void)leaf7_1;
  list[0] = '\0';
  __builtin_cpu_init();
#ifdef __SSE3__
  LIST("sse3");
#endif
#ifdef __SSSE3__
  LIST("ssse3");
#endif
#ifdef __SSE4_1__
  LIST("sse4.1");
#endif
#ifdef __SSE4_2__
  LIST("sse4.2");
#endif
#ifdef __SSE4A__
  LIST("sse4a");
#endif
#ifdef __POPCNT__
  LIST("popcnt");
#endif
#ifdef __LZCNT__
  LIST("lzcnt");
#endif
#ifdef __BMI__
  LIST("bmi");
#endif
#ifdef __BMI2__
  LIST("bmi2");
#endif
#ifdef __MOVBE__
  LIST("movbe");
#endif
#ifdef __F16C__
  LIST("f16c");
#endif
#ifdef __AVX__
  LIST("avx");
#endif
#ifdef __AVX2__
  LIST("avx2");
#endif
#ifdef __FMA__
  LIST("fma");
#endif
#ifdef __ADX__
  LIST("adx");
#endif
#ifdef __RDRND__
  LIST("rdrnd");
#endif
#ifdef __RDSEED__
  LIST("rdseed");
#endif
#ifdef __AES__
  LIST("aes");
#endif
#ifdef __PCLMUL__
  LIST("pclmul");
#endif
#ifdef __SHA__
  LIST("sha");
#endif
#ifdef __GFNI__
  LIST("gfni");
#endif
#ifdef __VAES__
  LIST("vaes");
#endif
#ifdef __VPCLMULQDQ__
  LIST("vpclmulqdq");
#endif
#ifdef __AVXVNNI__
  LIST("avxvnni");
#endif
#ifdef __AVXIFMA__
  LIST_UNLESS(leaf7_1.eax & AVXIFMA, "avxifma");
#endif
#ifdef __AVXVNNIINT8__
  LIST_UNLESS(leaf7_1.edx & AVXVNNIINT8, "avxvnniint8");
#endif
#ifdef __AVXVNNIINT16__
  LIST_UNLESS(leaf7_1.edx & AVXVNNIINT16, "avxvnniint16");
#endif
#ifdef __AVXNECONVERT__
  LIST_UNLESS(leaf7_1.edx & AVXNECONVERT, "avxneconvert");
#endif
#ifdef __AVX512F__
  LIST("avx512f");
#endif
#ifdef __AVX512BW__
  LIST("avx512bw");
#endif
#ifdef __AVX512CD__
  LIST("avx512cd");
#endif
#ifdef __AVX512DQ__
  LIST("avx512dq");
#endif
#ifdef __AVX512VL__
  LIST("avx512vl");
#endif
#ifdef __AVX512IFMA__
  LIST("avx512ifma");
#endif
#ifdef __AVX512VBMI__
  LIST("avx512vbmi");
#endif
#ifdef __AVX512VBMI2__
  LIST("avx512vbmi2");
#endif
#ifdef __AVX512VNNI__
  LIST("avx512vnni");
#endif
#ifdef __AVX512BITALG__
  LIST("avx512bitalg");
#endif
#ifdef __AVX512VPOPCNTDQ__
  LIST("avx512vpopcntdq");
#endif
#ifdef __AVX512VP2INTERSECT__
  LIST("avx512vp2intersect");
#endif
#ifdef __AVX512BF16__
  LIST("avx512bf16");
#endif
#ifdef __AVX512FP16__
  LIST("avx512fp16");
#endif
}
#else
OLDEST static void list_extensions(char *list, size_t size, int missing) {
  (void)missing;
  if (size > 0) list[0] = '\0';
}
#endif

OLDEST const char *processor_required_extensions(void) {
  static char list[1024];
  if (list[0] == '\0') list_extensions(list, sizeof list, 0);
  return list[0] == '\0' ? list : list + 1;
}

OLDEST void processor_require_extensions(int status, int speaks) {
  char missing[1024];
  list_extensions(missing, sizeof missing, 1);
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

OLDEST const char *processor_c_library(void) { return gnu_get_libc_version(); }
