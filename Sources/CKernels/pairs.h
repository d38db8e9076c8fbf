// The order of pairs of fields: (0, 1), (0, 2), ..., (1, 2), ....
#ifndef MOE_MLORA_PAIRS_H
#define MOE_MLORA_PAIRS_H

#include <stddef.h>

// The place of the pair i < j.
static inline size_t pair_index(size_t i, size_t j, size_t fields) {
  return i * (2 * fields - i - 1) / 2 + (j - i - 1);
}

#endif
