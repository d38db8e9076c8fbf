// Counts the heap allocations of the calling thread, for tests that a step makes none.
//
// The allocation functions of this executable replace the C library's, count, and call them: every
// library of the process, Swift's runtime included, allocates through them.
#ifndef MOE_MLORA_CALLOCATIONS_H
#define MOE_MLORA_CALLOCATIONS_H

#include <stddef.h>

/// The allocations of a thread so far, by who asked for them.
struct allocation_counts {
  /// Asked for by the matrix library, libdnnl.
  size_t matrix_library;
  /// Asked for by anybody else.
  size_t others;
};

/// Starts counting the calling thread's allocations, from zero.
void begin_counting_allocations(void);

/// Stops counting, and returns the counts.
struct allocation_counts end_counting_allocations(void);

#endif
