#include "products.h"

#include "lanes.h"
#include "pairs.h"

// Some lanes of the sum over pairs: every field times the sum of those before it. The usual form
// ((sum e)^2 - sum e^2) / 2 takes as many operations and cancels; this one is exactly zero for one
// field.
INLINED lanes pair_sum(struct ck_fields s, const float *x, size_t count) {
  lanes before = {0}, sum = {0};
  for (size_t field = 0; field < s.fields; field++) {
    const lanes e = load(x + field * s.width, count);
    sum += before * e;
    before += e;
  }
  return sum;
}

// Some lanes of the gradient of a sum over pairs, de_f += dy (sum over all e - e_f).
INLINED void pair_sum_backward(struct ck_fields s, const float *x, lanes dy, float *dx,
                               size_t count) {
  lanes sum = {0};
  for (size_t field = 0; field < s.fields; field++) sum += load(x + field * s.width, count);
  for (size_t field = 0; field < s.fields; field++) {
    const lanes others = sum - load(x + field * s.width, count);
    const lanes gradient = load(dx + field * s.width, count) + dy * others;
    store(dx + field * s.width, gradient, count);
  }
}

void ck_factorise(struct ck_fields s, float *restrict logits) {
  for (size_t row = 0; row < s.rows; row++, s.x += s.stride) {
    lanes sum = {0};
#define BLOCK(first, count) sum += pair_sum(s, s.x + (first), count)
    FOR_LANES(s.width, BLOCK);
#undef BLOCK
    logits[row] += sum_lanes(sum);
  }
}

void ck_factorise_backward(struct ck_fields s, const float *dz, size_t dx_stride,
                           float *restrict dx) {
  for (size_t row = 0; row < s.rows; row++, s.x += s.stride, dx += dx_stride) {
    const lanes gradient = dz[row] - (lanes){0};
#define BLOCK(first, count) pair_sum_backward(s, s.x + (first), gradient, dx + (first), count)
    FOR_LANES(s.width, BLOCK);
#undef BLOCK
  }
}

void ck_pair_sums(struct ck_fields s, size_t y_stride, float *restrict y) {
  for (size_t row = 0; row < s.rows; row++, s.x += s.stride, y += y_stride) {
#define BLOCK(first, count) store(y + (first), pair_sum(s, s.x + (first), count), count)
    FOR_LANES(s.width, BLOCK);
#undef BLOCK
  }
}

void ck_pair_sums_backward(struct ck_fields s, size_t dy_stride, const float *dy, size_t dx_stride,
                           float *restrict dx) {
  for (size_t row = 0; row < s.rows; row++, s.x += s.stride, dy += dy_stride, dx += dx_stride) {
#define BLOCK(first, count)                                                                        \
  pair_sum_backward(s, s.x + (first), load(dy + (first), count), dx + (first), count)
    FOR_LANES(s.width, BLOCK);
#undef BLOCK
  }
}

void ck_inner_products(struct ck_fields s, size_t y_stride, float *restrict y) {
  const size_t columns = s.fields * s.width;
  for (size_t row = 0; row < s.rows; row++, s.x += s.stride, y += y_stride) {
    memcpy(y, s.x, columns * sizeof *y);
    float *product = y + columns;
    for (size_t i = 0; i < s.fields; i++) {
      for (size_t j = i + 1; j < s.fields; j++) {
        *product++ = dot(s.width, s.x + i * s.width, s.x + j * s.width);
      }
    }
  }
}

// Some lanes of the gradient of field i.
INLINED void inner_products_backward(struct ck_fields s, size_t i, const float *x, const float *dy,
                                     const float *products, float *dx, size_t count) {
  lanes sum = load(dx + i * s.width, count) + load(dy + i * s.width, count);
  for (size_t j = 0; j < s.fields; j++) {
    if (j == i) continue;
    const size_t pair = j < i ? pair_index(j, i, s.fields) : pair_index(i, j, s.fields);
    sum += products[pair] * load(x + j * s.width, count);
  }
  store(dx + i * s.width, sum, count);
}

void ck_inner_products_backward(struct ck_fields s, size_t dy_stride, const float *dy,
                                size_t dx_stride, float *restrict dx) {
  for (size_t row = 0; row < s.rows; row++, s.x += s.stride, dy += dy_stride, dx += dx_stride) {
    const float *products = dy + s.fields * s.width;
    for (size_t i = 0; i < s.fields; i++) {
#define BLOCK(first, count)                                                                        \
  inner_products_backward(s, i, s.x + (first), dy + (first), products, dx + (first), count)
      FOR_LANES(s.width, BLOCK);
#undef BLOCK
    }
  }
}
