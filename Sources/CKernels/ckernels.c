#include "ckernels.h"

#include <math.h>
#include <stdint.h>
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
