// Products of the fields of a row with each other: the interactions of factorisation machines and the
// networks after them. Rows do not depend on each other, and sums keep eight fixed lanes, so that a row
// has the same bits alone and in a batch. In C, because Swift keeps the bounds checks of loops over
// pairs of fields.
#ifndef MOE_MLORA_PRODUCTS_H
#define MOE_MLORA_PRODUCTS_H

#include <stddef.h>

/// Rows of `fields` vectors e_f of `width` floats, side by side; `stride` floats from row to row.
struct ck_fields {
  size_t rows, fields, width, stride;
  const float *x;
};

/// logits[b] += sum over k of sum over f < g of e_fk e_gk.
void ck_factorise(struct ck_fields fields, float *restrict logits);
/// de_f += dz[b] (sum over g != f of e_g).
void ck_factorise_backward(struct ck_fields fields, const float *dz, size_t dx_stride,
                           float *restrict dx);

/// y_k = sum over f < g of e_fk e_gk.
void ck_pair_sums(struct ck_fields fields, size_t y_stride, float *restrict y);
/// de_f += dy * (sum over g != f of e_g), element by element.
void ck_pair_sums_backward(struct ck_fields fields, size_t dy_stride, const float *dy,
                           size_t dx_stride, float *restrict dx);

/// y = [x; <e_0, e_1>; <e_0, e_2>; ...; <e_1, e_2>; ...].
void ck_inner_products(struct ck_fields fields, size_t y_stride, float *restrict y);
/// de_f += dy_f + sum over g != f of d<e_f, e_g> e_g.
void ck_inner_products_backward(struct ck_fields fields, size_t dy_stride, const float *dy,
                                size_t dx_stride, float *restrict dx);

#endif
