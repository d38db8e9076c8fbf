#include "interaction_maps.h"

#include <stdbool.h>

#include "wide_lanes.h"
#include "widest.h"

void ck_transpose_fields(size_t samples, size_t fields, size_t width, size_t x_stride,
                         const float *x, float *restrict y) {
  for (size_t b = 0; b < samples; b++, x += x_stride) {
    for (size_t c = 0; c < width; c++) {
      for (size_t f = 0; f < fields; f++) *y++ = x[f * width + c];
    }
  }
}

void ck_add_transposed_fields(size_t samples, size_t fields, size_t width, const float *y,
                              size_t x_stride, float *restrict x) {
  for (size_t b = 0; b < samples; b++, x += x_stride, y += fields * width) {
    for (size_t f = 0; f < fields; f++) {
      for (size_t c = 0; c < width; c++) x[f * width + c] += y[c * fields + f];
    }
  }
}

WIDEST void row_products(size_t rows, size_t fields, size_t columns, const float *x, const float *y,
                         float *restrict z) {
  for (size_t row = 0; row < rows; row++, x += fields, y += columns) {
    for (size_t f = 0; f < fields; f++, z += columns) {
      for (size_t h = 0; h < columns; h++) z[h] = x[f] * y[h];
    }
  }
}

void ck_row_products(size_t rows, size_t fields, size_t columns, const float *x, const float *y,
                     float *restrict z) {
  row_products(rows, fields, columns, x, y, z);
}

// One field's part: adds x * dz to dy, or writes it for the first one, and returns dz · y.
WIDE_INLINE float product_gradient(size_t columns, float x, const float *y, const float *dz,
                                   bool is_first, float *dy) {
  wide lanes = 0;
  size_t h = 0;
  for (; h + wide_count <= columns; h += wide_count) {
    const wide g = WIDE_LOAD(dz + h, wide_count), before = WIDE_LOAD(dy + h, wide_count);
    lanes += g * WIDE_LOAD(y + h, wide_count);
    WIDE_STORE((is_first ? 0 : before) + x * g, dy + h, wide_count);
  }
  float sum = wide_sum(&lanes);
  for (; h < columns; h++) {
    sum += dz[h] * y[h];
    dy[h] = (is_first ? 0 : dy[h]) + x * dz[h];
  }
  return sum;
}

WIDEST void row_products_backward(size_t rows, size_t fields, size_t columns, const float *x,
                                  const float *y, const float *dz, float *restrict dx,
                                  float *restrict dy) {
  for (size_t row = 0; row < rows; row++, y += columns, dy += columns) {
    *dx++ += product_gradient(columns, *x++, y, dz, true, dy);
    dz += columns;
    for (size_t f = 1; f < fields; f++, dz += columns) {
      *dx++ += product_gradient(columns, *x++, y, dz, false, dy);
    }
  }
}

void ck_row_products_backward(size_t rows, size_t fields, size_t columns, const float *x,
                              const float *y, const float *dz, float *restrict dx,
                              float *restrict dy) {
  row_products_backward(rows, fields, columns, x, y, dz, dx, dy);
}

// Calls BLOCK(first, n) for sixteen of `count` maps after another, and for what is left. The maps of
// a block are a column of vectors, whose sums over rows stay in registers.
#define FOR_WIDE(count, BLOCK)                                                           \
  do {                                                                                   \
    size_t first = 0;                                                                    \
    for (; first + wide_count <= (count); first += wide_count) BLOCK(first, wide_count); \
    if (first < (count)) BLOCK(first, (count) - first);                                  \
  } while (0)

typedef bool wide_flags __attribute__((ext_vector_type(wide_count)));

// Where the signs of the sixteen outputs from `first` on lie.
#define SIGNS(signs, first) ((signs) + (first) / wide_count * sizeof(uint16_t))

WIDE_INLINE void activate_hidden(const struct ck_maps *s, size_t n, const float *bias,
                                 const float *maps, float *hidden) {
  const wide b = WIDE_LOAD(bias, n);
  for (size_t row = 0; row < s->samples * s->width; row++, maps += s->stride, hidden += s->hidden) {
    const wide y = WIDE_LOAD(maps, n) + b;
    WIDE_STORE(WIDE_RECTIFY(y), hidden, n);
  }
}

WIDE_INLINE void activate_outputs(const struct ck_maps *s, size_t n, const float *bias,
                                  const float *maps, char *signs, float *sums) {
  const wide b = WIDE_LOAD(bias, n);
  for (size_t sample = 0; sample < s->samples; sample++, sums += s->sums_stride) {
    wide sum = 0;
    for (size_t c = 0; c < s->width; c++, maps += s->stride, signs += s->signs_stride) {
      const wide y = WIDE_LOAD(maps, n) + b;
      const wide_flags flags = __builtin_convertvector(y > 0, wide_flags);
      memcpy(signs, &flags, sizeof(uint16_t));
      sum += WIDE_RECTIFY(y);
    }
    WIDE_STORE(sum, sums, n);
  }
}

WIDEST void activate_maps(struct ck_maps s, const float *bias, const float *maps,
                          float *restrict hidden, char *restrict signs, float *restrict sums) {
#define BLOCK(first, n) activate_hidden(&s, n, bias + (first), maps + (first), hidden + (first))
  FOR_WIDE(s.hidden, BLOCK);
#undef BLOCK
  bias += s.hidden;
  maps += s.hidden;
#define BLOCK(first, n) \
  activate_outputs(&s, n, bias + (first), maps + (first), SIGNS(signs, first), sums + (first))
  FOR_WIDE(s.outputs, BLOCK);
#undef BLOCK
}

void ck_activate_maps(struct ck_maps shape, const float *bias, const float *maps,
                      float *restrict hidden, void *restrict signs, float *restrict sums) {
  activate_maps(shape, bias, maps, hidden, signs, sums);
}

WIDE_INLINE void hidden_gradients(const struct ck_maps *s, size_t n, const float *hidden,
                                  const float *hidden_gradient, float *bias_gradient,
                                  float *gradient) {
  wide sum = WIDE_LOAD(bias_gradient, n);
  for (size_t row = 0; row < s->samples * s->width; row++) {
    const wide g = WIDE_WHERE(WIDE_LOAD(hidden, n) > 0, WIDE_LOAD(hidden_gradient, n));
    WIDE_STORE(g, gradient, n);
    sum += g;
    hidden += s->hidden;
    hidden_gradient += s->hidden;
    gradient += s->stride;
  }
  WIDE_STORE(sum, bias_gradient, n);
}

WIDE_INLINE void output_gradients(const struct ck_maps *s, size_t n, const float *dz,
                                  const float *v, const char *signs, float *bias_gradient,
                                  float *gradient) {
  const wide_bits bits = {1,   2,   4,    8,    16,   32,   64,    128,
                          256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
  wide sum = WIDE_LOAD(bias_gradient, n);
  for (size_t sample = 0; sample < s->samples; sample++) {
    const wide g = dz[sample] * WIDE_LOAD(v, n);
    for (size_t c = 0; c < s->width; c++, gradient += s->stride, signs += s->signs_stride) {
      uint16_t flags;
      memcpy(&flags, signs, sizeof flags);
      const wide masked = WIDE_WHERE(((wide_bits)(int32_t)flags & bits) != 0, g);
      WIDE_STORE(masked, gradient, n);
      sum += masked;
    }
  }
  WIDE_STORE(sum, bias_gradient, n);
}

WIDEST void map_gradients(struct ck_maps s, const float *dz, const float *v, const float *hidden,
                          const float *hidden_gradient, const char *signs,
                          float *restrict bias_gradient, float *restrict gradient) {
#define BLOCK(first, n)                                                                         \
  hidden_gradients(&s, n, hidden + (first), hidden_gradient + (first), bias_gradient + (first), \
                   gradient + (first))
  FOR_WIDE(s.hidden, BLOCK);
#undef BLOCK
  bias_gradient += s.hidden;
  gradient += s.hidden;
#define BLOCK(first, n)                                                                  \
  output_gradients(&s, n, dz, v + (first), SIGNS(signs, first), bias_gradient + (first), \
                   gradient + (first))
  FOR_WIDE(s.outputs, BLOCK);
#undef BLOCK
}

void ck_map_gradients(struct ck_maps shape, const float *dz, const float *v, const float *hidden,
                      const float *hidden_gradient, const void *signs,
                      float *restrict bias_gradient, float *restrict gradient) {
  map_gradients(shape, dz, v, hidden, hidden_gradient, signs, bias_gradient, gradient);
}
