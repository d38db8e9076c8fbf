#include "ckernels.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

void ck_adam(size_t count, struct ck_adam s, const float *gradient, float *restrict parameter,
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

void ck_rectify_backward(size_t count, float scale, const float *y, float *restrict dy) {
  for (size_t i = 0; i < count; i++) {
    const float gradient = dy[i] * scale;
    dy[i] = y[i] > 0 ? gradient : 0;
  }
}

// The "lowbias32" finaliser (C. Wellons, 2018): a bijection of 32 bits with little bias.
static inline uint32_t mix(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352dU;
  x ^= x >> 15;
  x *= 0x846ca68bU;
  return x ^ (x >> 16);
}

static inline uint32_t dropout_word(struct ck_dropout d, size_t word) {
  const uint32_t low = (uint32_t)d.row_key, high = (uint32_t)(d.row_key >> 32);
  return mix(mix(low + (d.first_word + (uint32_t)word) * 0x9e3779b9U) ^ high);
}

// One unit; inlined with constant `bias == NULL` and `rectifies`.
static inline void drop_unit(size_t i, float factor, const float *bias, bool rectifies,
                             float *restrict y) {
  const float value = (bias ? y[i] + bias[i] : y[i]) * factor;
  y[i] = rectifies && value < 0 ? 0 : value;
}

// One word serves two units half a row apart, so that both are neighbours of their kind in a vector.
static inline void drop_row(size_t width, struct ck_dropout d, const float *bias, bool rectifies,
                            float *restrict y) {
  const size_t pairs = width / 2, half = width - pairs;
  for (size_t word = 0; word < pairs; word++) {
    const uint32_t bits = dropout_word(d, word);
    drop_unit(word, (bits & 0xffff) >= d.threshold ? d.scale : 0, bias, rectifies, y);
    drop_unit(half + word, (bits >> 16) >= d.threshold ? d.scale : 0, bias, rectifies, y);
  }
  if (half > pairs) {
    const uint32_t bits = dropout_word(d, pairs);
    drop_unit(pairs, (bits & 0xffff) >= d.threshold ? d.scale : 0, bias, rectifies, y);
  }
}

void ck_drop(size_t width, struct ck_dropout dropout, float *y) {
  drop_row(width, dropout, NULL, false, y);
}

void ck_bias_drop(size_t width, struct ck_dropout dropout, const float *bias, float *restrict y) {
  drop_row(width, dropout, bias, false, y);
}

void ck_bias_drop_rectify(size_t width, struct ck_dropout dropout, const float *bias,
                          float *restrict y) {
  drop_row(width, dropout, bias, true, y);
}

// exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln 2 / 2, with ln 2 split in two so that r is
// exact to the last bit, and the Taylor polynomial of degree 7 of exp(r) (error below 2^-25).
static inline float exponential(float x) {
  // Written so that a NaN is clamped too: converted to an integer it would be undefined.
  const float clamped = x > 88.7f ? 88.7f : x >= -87.3f ? x : -87.3f;
  // Adding and taking away 1.5 * 2^23 rounds to the nearest integer.
  const float n = (clamped * 1.44269504f + 12582912.0f) - 12582912.0f;
  const float r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1;
  p = p * r + 1;
  // 2^n in two factors, because n may be 128.
  const int32_t half = (int32_t)n / 2, rest = (int32_t)n - half;
  const uint32_t bits1 = (uint32_t)(half + 127) << 23, bits2 = (uint32_t)(rest + 127) << 23;
  float scale1, scale2;
  memcpy(&scale1, &bits1, sizeof scale1);
  memcpy(&scale2, &bits2, sizeof scale2);
  const float y = p * scale1 * scale2;
  return x < -87.3f ? 0 : x > 88.7f ? INFINITY : x != x ? x : y;
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

void ck_exp(size_t count, const float *x, float *y) {
  for (size_t i = 0; i < count; i++) y[i] = exponential(x[i]);
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
