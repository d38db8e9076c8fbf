// Vectors of eight floats, an AVX register: sums in this many lanes are the same bits on every CPU.
#ifndef MOE_MLORA_LANES_H
#define MOE_MLORA_LANES_H

#include <stddef.h>
#include <string.h>

#define LANES 8
typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));

#define INLINED __attribute__((always_inline)) static inline

// Calls BLOCK(first, count) for every eight of `count` elements, and for what is left. The count is a
// constant where it is eight, so that the block compiles to whole vectors.
#define FOR_LANES(count, BLOCK)                                                                    \
  do {                                                                                             \
    size_t first = 0;                                                                              \
    for (; first + LANES <= (count); first += LANES) BLOCK(first, LANES);                          \
    if (first < (count)) BLOCK(first, (count) - first);                                            \
  } while (0)

// The first `count` floats, zeros in the lanes behind them.
INLINED lanes load(const float *x, size_t count) {
  lanes v = {0};
  if (count == LANES) {
    memcpy(&v, x, sizeof v);
  } else {
    for (size_t i = 0; i < count; i++) v[i] = x[i];
  }
  return v;
}

INLINED void store(float *x, lanes v, size_t count) {
  if (count == LANES) {
    memcpy(x, &v, sizeof v);
  } else {
    for (size_t i = 0; i < count; i++) x[i] = v[i];
  }
}

INLINED float sum_lanes(lanes v) {
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

// Four sums side by side, because an addition takes four cycles and two begin in each.
INLINED float dot(size_t count, const float *x, const float *y) {
  lanes sums[4] = {{0}};
  size_t i = 0;
  for (; i + 4 * LANES <= count; i += 4 * LANES) {
    for (size_t j = 0; j < 4; j++) {
      sums[j] += load(x + i + j * LANES, LANES) * load(y + i + j * LANES, LANES);
    }
  }
  for (; i + LANES <= count; i += LANES) sums[0] += load(x + i, LANES) * load(y + i, LANES);
  if (i < count) sums[1] += load(x + i, count - i) * load(y + i, count - i);
  return sum_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

#endif
