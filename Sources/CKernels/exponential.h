#ifndef MOE_MLORA_EXPONENTIAL_H
#define MOE_MLORA_EXPONENTIAL_H

#include <stdint.h>
#include <string.h>

// exp(x) for x <= 0, within 2 units in the last place, and 0 below -87.3.
//
// exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln 2 / 2, with ln 2 split in two so that r is
// exact to the last bit, and the Taylor polynomial of degree 7 of exp(r) (error below 2^-25).
static inline float exponential(float x) {
  // Written so that a NaN is clamped too: converted to an integer it would be undefined.
  const float clamped = x >= -87.3f ? x : -87.3f;
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
  // 2^n is a normal number, n being at least -126.
  const uint32_t bits = (uint32_t)((int32_t)n + 127) << 23;
  float scale;
  memcpy(&scale, &bits, sizeof scale);
  return x < -87.3f ? 0 : x != x ? x : p * scale;
}

#endif
