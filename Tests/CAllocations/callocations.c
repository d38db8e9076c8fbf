#define _GNU_SOURCE
#include "callocations.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

// The C library's own entries, below the names that are replaced here.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Thread_local bool is_counting;
static _Thread_local struct allocation_counts counts;

static void count_allocation(const void *caller) {
  if (!is_counting) return;
  // Whatever asking for the caller's library allocates is not counted.
  is_counting = false;
  Dl_info info;
  const bool is_known = dladdr(caller, &info) != 0 && info.dli_fname != NULL;
  if (is_known && strstr(info.dli_fname, "libdnnl") != NULL) {
    counts.matrix_library++;
  } else {
    counts.others++;
  }
  is_counting = true;
}

void begin_counting_allocations(void) {
  counts = (struct allocation_counts){0, 0};
  is_counting = true;
}

struct allocation_counts end_counting_allocations(void) {
  is_counting = false;
  return counts;
}

void *malloc(size_t size) {
  count_allocation(__builtin_return_address(0));
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  count_allocation(__builtin_return_address(0));
  return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  count_allocation(__builtin_return_address(0));
  return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
  count_allocation(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count_allocation(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  count_allocation(__builtin_return_address(0));
  void *block = __libc_memalign(alignment, size);
  if (block == NULL) return ENOMEM;
  *memory = block;
  return 0;
}
