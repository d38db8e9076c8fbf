#ifndef MOE_MLORA_TRANSPOSE_H
#define MOE_MLORA_TRANSPOSE_H

#include <stddef.h>

/// y[column][row] = x[row][column].
void ck_transpose(size_t rows, size_t columns, size_t x_stride, const float *x, size_t y_stride,
                  float *restrict y);
/// y[column][row] += x[row][column].
void ck_add_transposed(size_t rows, size_t columns, size_t x_stride, const float *x,
                       size_t y_stride, float *restrict y);

#endif
