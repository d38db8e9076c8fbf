#include "ckernels.h"

#include "exponential.h"
#include "widest.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

WIDEST void adam(size_t count, struct ck_adam s, const float *gradient, float *restrict parameter,
                 float *restrict first_moment, float *restrict second_moment) {
  const float rest1 = 1 - s.beta1, rest2 = 1 - s.beta2;
  for (size_t i = 0; i < count; i++) {
    const float g = gradient[i] + s.l2 * parameter[i];
    const float m = s.beta1 * first_moment[i] + rest1 * g;
    const float v = s.beta2 * second_moment[i] + rest2 * g * g;
    first_moment[i] = m;
    second_moment[i] = v;
    parameter[i] -= s.step_size * m / (sqrtf(v) + s.epsilon);
  }
}

void ck_adam(size_t count, struct ck_adam s, const float *gradient, float *restrict parameter,
             float *restrict first_moment, float *restrict second_moment) {
  adam(count, s, gradient, parameter, first_moment, second_moment);
}

WIDEST void add(size_t count, const float *x, float *restrict y) {
  for (size_t i = 0; i < count; i++) y[i] += x[i];
}

void ck_add(size_t count, const float *x, float *restrict y) { add(count, x, y); }

WIDEST void inverse_square_roots(size_t count, float scale, float offset, const float *x,
                                 float *restrict y) {
  for (size_t i = 0; i < count; i++) y[i] = 1 / sqrtf(scale * x[i] + offset);
}

void ck_inverse_square_roots(size_t count, float scale, float offset, const float *x,
                             float *restrict y) {
  inverse_square_roots(count, scale, offset, x, y);
}

WIDEST void rectify_backward(size_t rows, size_t columns, size_t y_stride, const float *y,
                             size_t dy_stride, float *restrict dy, float scale,
                             float *restrict bias_gradient) {
  for (size_t row = 0; row < rows; row++, y += y_stride, dy += dy_stride) {
    if (bias_gradient) {
      for (size_t i = 0; i < columns; i++) {
        const float scaled = dy[i] * scale, gradient = y[i] > 0 ? scaled : 0;
        dy[i] = gradient;
        bias_gradient[i] += gradient;
      }
    } else {
      for (size_t i = 0; i < columns; i++) {
        const float scaled = dy[i] * scale;
        dy[i] = y[i] > 0 ? scaled : 0;
      }
    }
  }
}

void ck_rectify_backward(size_t rows, size_t columns, size_t y_stride, const float *y,
                         size_t dy_stride, float *restrict dy, float scale,
                         float *restrict bias_gradient) {
  rectify_backward(rows, columns, y_stride, y, dy_stride, dy, scale, bias_gradient);
}

// A 32-bit word for a counter: the "lowbias32" finaliser (C. Wellons, 2018), the second half of the
// key, and half a finaliser more.
static inline uint32_t dropout_word(uint32_t counter, uint32_t key) {
  uint32_t x = counter;
  x ^= x >> 16;
  x *= 0x7feb352dU;
  x ^= x >> 15;
  x *= 0x846ca68bU;
  x ^= x >> 16 ^ key;
  x *= 0x7feb352dU;
  return x ^ x >> 16;
}

// The factor of a unit: 0 if it is dropped. Bits and threshold are below 2^16, so that the comparison
// may be a signed one, which vector units have.
static inline float keep(uint32_t bits, struct ck_dropout d) {
  return (int32_t)bits >= (int32_t)d.threshold ? d.scale : 0;
}

static inline float drop_unit(float y, float bias, float factor, bool rectifies) {
  const float value = (y + bias) * factor;
  return rectifies && value < 0 ? 0 : value;
}

// One word serves two units half a row apart, so that both are neighbours of their kind in a vector.
// Inlined into each kernel, where `has_bias` and `rectifies` are constants.
__attribute__((always_inline)) static inline void drop_row(size_t width, struct ck_dropout d,
                                                           uint64_t key, bool has_bias,
                                                           const float *bias, bool rectifies,
                                                           float *y) {
  const uint32_t low = (uint32_t)key + d.first_word * 0x9e3779b9U, high = (uint32_t)(key >> 32);
  const uint32_t pairs = (uint32_t)(width / 2), half = (uint32_t)width - pairs;
  float *upper = y + half;
  const float *upper_bias = has_bias ? bias + half : NULL;
  // The two halves do not overlap, which the compiler cannot see.
#pragma clang loop vectorize(assume_safety)
  for (uint32_t word = 0; word < pairs; word++) {
    const uint32_t bits = dropout_word(low + word * 0x9e3779b9U, high);
    y[word] = drop_unit(y[word], has_bias ? bias[word] : 0, keep(bits & 0xffff, d), rectifies);
    upper[word] =
        drop_unit(upper[word], has_bias ? upper_bias[word] : 0, keep(bits >> 16, d), rectifies);
  }
  if (half > pairs) {
    const uint32_t bits = dropout_word(low + pairs * 0x9e3779b9U, high);
    y[pairs] = drop_unit(y[pairs], has_bias ? bias[pairs] : 0, keep(bits & 0xffff, d), rectifies);
  }
}

WIDEST void drop(size_t rows, size_t columns, size_t stride, struct ck_dropout d, float *y) {
  for (size_t row = 0; row < rows; row++) {
    drop_row(columns, d, d.row_keys[row], false, NULL, false, y + row * stride);
  }
}

void ck_drop(size_t rows, size_t columns, size_t stride, struct ck_dropout d, float *y) {
  drop(rows, columns, stride, d, y);
}

WIDEST void bias_drop(size_t rows, size_t columns, size_t stride, struct ck_dropout d,
                      const float *bias, float *restrict y) {
  for (size_t row = 0; row < rows; row++) {
    drop_row(columns, d, d.row_keys[row], true, bias, false, y + row * stride);
  }
}

void ck_bias_drop(size_t rows, size_t columns, size_t stride, struct ck_dropout d,
                  const float *bias, float *restrict y) {
  bias_drop(rows, columns, stride, d, bias, y);
}

WIDEST void bias_drop_rectify(size_t rows, size_t columns, size_t stride, struct ck_dropout d,
                              const float *bias, float *restrict y) {
  for (size_t row = 0; row < rows; row++) {
    drop_row(columns, d, d.row_keys[row], true, bias, true, y + row * stride);
  }
}

void ck_bias_drop_rectify(size_t rows, size_t columns, size_t stride, struct ck_dropout d,
                          const float *bias, float *restrict y) {
  bias_drop_rectify(rows, columns, stride, d, bias, y);
}

// Embeddings are a few vectors wide: no interleaving, which would leave them to the scalar rest.
static inline void add_row(size_t count, const float *x, float *restrict y) {
#pragma clang loop vectorize(enable) interleave(disable)
  for (size_t i = 0; i < count; i++) y[i] += x[i];
}

// Adds the rows of a chain that lie in shards lower ..< upper, the first of which is `row`; returns
// the first row behind them.
static int32_t sum_node(const struct ck_chains *c, int32_t lower, int32_t upper, int32_t row,
                        float *sums) {
  const size_t count = c->width + 1;
  while (upper - lower > 1) {
    const int32_t middle = (lower + upper) / 2;
    if (c->shards[row] >= middle) {
      lower = middle;
      continue;
    }
    row = sum_node(c, lower, middle, row, sums);
    if (row < 0 || c->shards[row] >= upper) return row;
    float *right = sums + count;
    memset(right, 0, count * sizeof *right);
    row = sum_node(c, middle, upper, row, right);
    add_row(count, right, sums);
    return row;
  }
  for (; row >= 0 && c->shards[row] < upper; row = c->next[row]) {
    add_row(c->width, c->rows + (size_t)row * c->stride, sums);
    sums[c->width] += c->logits[(size_t)row * c->stride];
  }
  return row;
}

int32_t ck_sum_chain(const struct ck_chains *chains, int32_t lower, int32_t upper, int32_t first,
                     float *sums) {
  return sum_node(chains, lower, upper, first, sums);
}

int32_t ck_sum_chains(const struct ck_chains *chains, size_t count, const int32_t *table_rows,
                      const int32_t *first, int32_t lower, int32_t upper, float *restrict scratch,
                      float *restrict embeddings, float *restrict weights) {
  const size_t width = chains->width;
  int32_t not_finite = -1;
  for (size_t i = 0; i < count; i++) {
    const int32_t row = table_rows[i];
    memset(scratch, 0, (width + 1) * sizeof *scratch);
    sum_node(chains, lower, upper, first[row], scratch);
    // Zero, or NaN if any number is not finite.
    float zeros = 0;
    for (size_t j = 0; j <= width; j++) zeros += scratch[j] * 0;
    if (zeros != 0 && (not_finite < 0 || row < not_finite)) not_finite = row;
    memcpy(embeddings + (size_t)row * width, scratch, width * sizeof *scratch);
    if (weights) weights[row] = scratch[width];
  }
  return not_finite;
}

void ck_prepare_to_write(size_t count, const float *x) {
  for (size_t i = 0; i < count; i += 16) __builtin_prefetch(x + i, 1);
}

void ck_count_and_add(size_t count, const int32_t *ids, size_t width, const float *rows,
                      const float *logits, size_t stride, float *sums) {
  for (size_t row = 0; row < count; row++) {
    float *sum = sums + (size_t)ids[row] * (width + 2);
    sum[0] += 1;
    add_row(width, rows + row * stride, sum + 1);
    sum[width + 1] += logits[row * stride];
  }
}

// log(1 + u) = 2 artanh(u / (2 + u)) for u in [0, 1], by the series of artanh (s <= 1/3).
static inline float log_one_plus(float u) {
  const float s = u / (2 + u), q = s * s;
  float p = 1.0f / 15;
  p = p * q + 1.0f / 13;
  p = p * q + 1.0f / 11;
  p = p * q + 1.0f / 9;
  p = p * q + 1.0f / 7;
  p = p * q + 1.0f / 5;
  p = p * q + 1.0f / 3;
  return 2 * s + 2 * s * q * p;
}

void ck_sigmoid(size_t count, const float *z, float *p) {
  for (size_t i = 0; i < count; i++) {
    const float u = exponential(-fabsf(z[i]));
    p[i] = (z[i] < 0 ? u : 1) / (1 + u);
  }
}

void ck_cross_entropy(size_t count, float scale, const float *z, const float *y,
                      float *restrict loss, float *restrict derivative) {
  for (size_t i = 0; i < count; i++) {
    const float u = exponential(-fabsf(z[i]));
    loss[i] = (z[i] > 0 ? z[i] : 0) - y[i] * z[i] + log_one_plus(u);
    derivative[i] = scale * ((z[i] < 0 ? u : 1) / (1 + u) - y[i]);
  }
}

void ck_softmax(size_t rows, size_t columns, size_t stride, float *x) {
  for (size_t row = 0; row < rows; row++) {
    float *values = x + row * stride, largest = -INFINITY, sum = 0;
    for (size_t i = 0; i < columns; i++) largest = values[i] > largest ? values[i] : largest;
    for (size_t i = 0; i < columns; i++) values[i] = exponential(values[i] - largest);
    for (size_t i = 0; i < columns; i++) sum += values[i];
    for (size_t i = 0; i < columns; i++) values[i] /= sum;
  }
}
