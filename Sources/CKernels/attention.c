#include "attention.h"

#include <math.h>
#include <stdbool.h>

#include "exponential.h"
#include "wide_lanes.h"
#include "widest.h"

// One head of n samples, one sample a lane. The sizes are arguments of their own, because the usual
// ones are constants where this is inlined, and the loops over them then run in registers.
struct head {
  size_t n, fields, width;
};

WIDE_INLINE void exponentials(float *values) {
  for (size_t lane = 0; lane < wide_count; lane++) values[lane] = exponential(values[lane]);
}

// The probabilities of one field's query, a row of `stride` floats for each key.
WIDE_INLINE void attend_to_fields(struct head s, size_t rows, size_t stride, const float *q,
                                  const float *k, size_t p_stride, float *p) {
  wide largest = -INFINITY, sum = 0;
  for (size_t j = 0; j < s.fields; j++) {
    wide score = 0;
    for (size_t d = 0; d < s.width; d++) {
      score += WIDE_LOAD(q + d * stride, s.n) * WIDE_LOAD(k + d * stride + j * rows, s.n);
    }
    WIDE_STORE(score, p + j * p_stride, s.n);
    largest = score > largest ? score : largest;
  }
  for (size_t j = 0; j < s.fields; j++) {
    float values[wide_count];
    WIDE_STORE(WIDE_LOAD(p + j * p_stride, s.n) - largest, values, wide_count);
    exponentials(values);
    const wide weight = WIDE_LOAD(values, wide_count);
    sum += weight;
    WIDE_STORE(weight, p + j * p_stride, s.n);
  }
  for (size_t j = 0; j < s.fields; j++) {
    const wide share = WIDE_LOAD(p + j * p_stride, s.n) / sum;
    WIDE_STORE(share, p + j * p_stride, s.n);
  }
}

WIDE_INLINE void attend_head(struct head s, const struct ck_attention *a, const float *q, float *p,
                             float *y) {
  const size_t stride = a->projection_stride, step = a->heads * s.width * stride;
  const float *k = q + step, *v = k + step, *r = v + step;
  for (size_t i = 0; i < s.fields; i++, p += s.fields * a->probability_stride) {
    attend_to_fields(s, a->rows, stride, q + i * a->rows, k, a->probability_stride, p);
    for (size_t d = 0; d < s.width; d++) {
      wide sum = 0;
      for (size_t j = 0; j < s.fields; j++) {
        sum += WIDE_LOAD(p + j * a->probability_stride, s.n) *
               WIDE_LOAD(v + d * stride + j * a->rows, s.n);
      }
      sum += WIDE_LOAD(r + d * stride + i * a->rows, s.n);
      WIDE_STORE(WIDE_RECTIFY(sum), y + d * a->output_stride + i * a->rows, s.n);
    }
  }
}

// Calls BLOCK(sizes, b) for every sixteen samples from b on, and for the rest. Three fields and heads
// of eight are what data sets and models have: as constants they make a block two to three times faster.
#define FOR_SAMPLES(a, BLOCK)                                                         \
  do {                                                                                \
    const bool is_usual = (a).fields == 3 && (a).width == 8;                          \
    size_t b = 0;                                                                     \
    for (; b + wide_count <= (a).rows; b += wide_count) {                             \
      if (is_usual) {                                                                 \
        BLOCK(((struct head){wide_count, 3, 8}), b);                                  \
      } else {                                                                        \
        BLOCK(((struct head){wide_count, (a).fields, (a).width}), b);                 \
      }                                                                               \
    }                                                                                 \
    if (b < (a).rows) BLOCK(((struct head){(a).rows - b, (a).fields, (a).width}), b); \
  } while (0)

WIDEST void attend(struct ck_attention a, const float *projection, float *restrict p,
                   float *restrict y) {
  for (size_t head = 0; head < a.heads; head++) {
#define BLOCK(sizes, b) attend_head(sizes, &a, projection + (b), p + (b), y + (b))
    FOR_SAMPLES(a, BLOCK);
#undef BLOCK
    projection += a.width * a.projection_stride;
    p += a.fields * a.fields * a.probability_stride;
    y += a.width * a.output_stride;
  }
}

void ck_attend(struct ck_attention shape, const float *projection, float *restrict probabilities,
               float *restrict y) {
  attend(shape, projection, probabilities, y);
}

size_t ck_attention_scratch(size_t fields) { return (fields + 2) * fields * wide_count; }

// The gradient of the output before ReLU, which is that of the residual too.
WIDE_INLINE void residual_gradient(struct head s, const struct ck_attention *a, const float *y,
                                   const float *dy, float *dr) {
  for (size_t d = 0; d < s.width; d++) {
    for (size_t column = 0; column < s.fields * a->rows; column += a->rows) {
      const wide output = WIDE_LOAD(y + d * a->output_stride + column, s.n);
      const wide gradient = WIDE_LOAD(dy + d * a->gradient_stride + column, s.n);
      WIDE_STORE(WIDE_WHERE(output > 0, gradient), dr + d * a->projection_stride + column, s.n);
    }
  }
}

// The gradient of the scores q_i · k_j: with g_ij = dr_i · v_j, P_ij (g_ij - sum over l of P_il g_il).
WIDE_INLINE void score_gradients(struct head s, const struct ck_attention *a, const float *p,
                                 const float *v, const float *dr, float *scores) {
  const size_t stride = a->projection_stride;
  for (size_t i = 0; i < s.fields; i++, scores += s.fields * wide_count) {
    wide mean = 0;
    for (size_t j = 0; j < s.fields; j++) {
      wide g = 0;
      for (size_t d = 0; d < s.width; d++) {
        g += WIDE_LOAD(dr + d * stride + i * a->rows, s.n) *
             WIDE_LOAD(v + d * stride + j * a->rows, s.n);
      }
      mean += g * WIDE_LOAD(p + (i * s.fields + j) * a->probability_stride, s.n);
      WIDE_STORE(g, scores + j * wide_count, wide_count);
    }
    for (size_t j = 0; j < s.fields; j++) {
      float *score = scores + j * wide_count;
      const wide share = WIDE_LOAD(p + (i * s.fields + j) * a->probability_stride, s.n);
      WIDE_STORE(share * (WIDE_LOAD(score, wide_count) - mean), score, wide_count);
    }
  }
}

WIDE_INLINE void attend_head_backward(struct head s, const struct ck_attention *a, float *q,
                                      const float *p, const float *y, const float *dy,
                                      float *scores) {
  const size_t stride = a->projection_stride, step = a->heads * s.width * stride;
  float *k = q + step, *v = k + step, *r = v + step;
  float *queries = scores + s.fields * s.fields * wide_count;
  float *keys = queries + s.fields * wide_count;
  residual_gradient(s, a, y, dy, r);
  score_gradients(s, a, p, v, r, scores);
  for (size_t d = 0; d < s.width; d++, q += stride, k += stride, v += stride, r += stride) {
    for (size_t j = 0; j < s.fields; j++) {
      wide dv = 0;
      for (size_t i = 0; i < s.fields; i++) {
        dv += WIDE_LOAD(p + (i * s.fields + j) * a->probability_stride, s.n) *
              WIDE_LOAD(r + i * a->rows, s.n);
      }
      WIDE_STORE(dv, v + j * a->rows, s.n);
      WIDE_STORE(WIDE_LOAD(q + j * a->rows, s.n), queries + j * wide_count, wide_count);
      WIDE_STORE(WIDE_LOAD(k + j * a->rows, s.n), keys + j * wide_count, wide_count);
    }
    for (size_t i = 0; i < s.fields; i++) {
      wide dq = 0, dk = 0;
      for (size_t j = 0; j < s.fields; j++) {
        dq += WIDE_LOAD(scores + (i * s.fields + j) * wide_count, wide_count) *
              WIDE_LOAD(keys + j * wide_count, wide_count);
        dk += WIDE_LOAD(scores + (j * s.fields + i) * wide_count, wide_count) *
              WIDE_LOAD(queries + j * wide_count, wide_count);
      }
      WIDE_STORE(dq, q + i * a->rows, s.n);
      WIDE_STORE(dk, k + i * a->rows, s.n);
    }
  }
}

WIDEST void attend_backward(struct ck_attention a, float *restrict projection, const float *p,
                            const float *y, const float *dy, float *restrict scratch) {
  for (size_t head = 0; head < a.heads; head++) {
#define BLOCK(sizes, b) \
  attend_head_backward(sizes, &a, projection + (b), p + (b), y + (b), dy + (b), scratch)
    FOR_SAMPLES(a, BLOCK);
#undef BLOCK
    projection += a.width * a.projection_stride;
    p += a.fields * a.fields * a.probability_stride;
    y += a.width * a.output_stride;
    dy += a.width * a.gradient_stride;
  }
}

void ck_attend_backward(struct ck_attention shape, float *restrict projection,
                        const float *probabilities, const float *y, const float *dy,
                        float *restrict scratch) {
  attend_backward(shape, projection, probabilities, y, dy, scratch);
}
