#include "transpose.h"

#include <stdbool.h>
#include <string.h>

#define INLINE __attribute__((always_inline)) static inline

typedef float eight __attribute__((ext_vector_type(8)));

// What two rows a and b have in each half: elements 0 and 1, or 2 and 3, alternating.
#define MIX_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define MIX_HIGH(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
// The same of pairs, and of halves.
#define PAIR_LOW(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define PAIR_HIGH(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define HALVES_LOW(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define HALVES_HIGH(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)

// Eight rows and columns in registers: element by element, stores or loads would be strided, and take
// twice to three times as long.
INLINE void transpose_square(size_t x_stride, const float *x, size_t y_stride, float *y,
                             bool adds) {
  eight a[8], b[8];
  for (size_t i = 0; i < 8; i++) memcpy(&a[i], x + i * x_stride, sizeof a[i]);
  for (size_t i = 0; i < 8; i += 2) {
    b[i] = MIX_LOW(a[i], a[i + 1]);
    b[i + 1] = MIX_HIGH(a[i], a[i + 1]);
  }
  for (size_t i = 0; i < 8; i += 4) {
    a[i] = PAIR_LOW(b[i], b[i + 2]);
    a[i + 1] = PAIR_HIGH(b[i], b[i + 2]);
    a[i + 2] = PAIR_LOW(b[i + 1], b[i + 3]);
    a[i + 3] = PAIR_HIGH(b[i + 1], b[i + 3]);
  }
  for (size_t i = 0; i < 4; i++) {
    b[i] = HALVES_LOW(a[i], a[i + 4]);
    b[i + 4] = HALVES_HIGH(a[i], a[i + 4]);
  }
  for (size_t i = 0; i < 8; i++) {
    eight before = 0;
    if (adds) memcpy(&before, y + i * y_stride, sizeof before);
    const eight sum = adds ? before + b[i] : b[i];
    memcpy(y + i * y_stride, &sum, sizeof sum);
  }
}

INLINE void transpose(size_t rows, size_t columns, size_t x_stride, const float *x,
                      size_t y_stride, float *y, bool adds) {
  for (size_t row = 0; row < rows; row += 8) {
    const size_t height = rows - row < 8 ? rows - row : 8;
    size_t column = 0;
    for (; height == 8 && column + 8 <= columns; column += 8) {
      transpose_square(x_stride, x + row * x_stride + column, y_stride, y + column * y_stride + row,
                       adds);
    }
    for (; column < columns; column++) {
      for (size_t i = row; i < row + height; i++) {
        float *to = y + column * y_stride + i;
        const float value = x[i * x_stride + column];
        *to = adds ? *to + value : value;
      }
    }
  }
}

void ck_transpose(size_t rows, size_t columns, size_t x_stride, const float *x, size_t y_stride,
                  float *restrict y) {
  transpose(rows, columns, x_stride, x, y_stride, y, false);
}

void ck_add_transposed(size_t rows, size_t columns, size_t x_stride, const float *x,
                       size_t y_stride, float *restrict y) {
  transpose(rows, columns, x_stride, x, y_stride, y, true);
}
