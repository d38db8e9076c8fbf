// The loops of a compressed interaction network around its products. A row (b, c) is an embedding
// column c of sample b; its maps are the K-wide feature maps of the network at c.
#ifndef MOE_MLORA_INTERACTION_MAPS_H
#define MOE_MLORA_INTERACTION_MAPS_H

#include <stddef.h>

/// y[(b, c)][f] = x[b][f][c]: the embeddings of samples, transposed one by one.
void ck_transpose_fields(size_t samples, size_t fields, size_t width, size_t x_stride,
                         const float *x, float *restrict y);
/// x[b][f][c] += y[(b, c)][f].
void ck_add_transposed_fields(size_t samples, size_t fields, size_t width, const float *y,
                              size_t x_stride, float *restrict x);

/// z[f * columns + h] = x[f] * y[h], for every row.
void ck_row_products(size_t rows, size_t fields, size_t columns, const float *x, const float *y,
                     float *restrict z);
/// dx[f] += sum over h of dz[f * columns + h] * y[h], and dy[h] = sum over f of the same times x[f].
void ck_row_products_backward(size_t rows, size_t fields, size_t columns, const float *x,
                              const float *y, const float *dz, float *restrict dx,
                              float *restrict dy);

/// The maps of one layer: those that the next layer sees, then those that are summed for the output.
struct ck_maps {
  size_t samples, width; ///< (b, c) is row b * width + c
  size_t hidden, outputs;
  size_t stride;       ///< floats between two rows of maps, or of their gradient
  size_t sums_stride;  ///< floats between the sums of two samples
  size_t signs_stride; ///< bytes between the signs of two rows: 2 for each 16 outputs at least
};
/// y = max(0, maps + bias), NaN passed on: for the hidden ones writes y, rows side by side; for the
/// outputs sums[b] = sum over c of y, and a bit for each, set where y > 0.
void ck_activate_maps(struct ck_maps shape, const float *bias, const float *maps,
                      float *restrict hidden, void *restrict signs, float *restrict sums);
/// Writes the gradient of the maps before ReLU, that of the hidden ones being hidden_gradient where
/// hidden > 0, and that of the outputs dz[b] * v where the bit is set; adds its rows to bias_gradient.
void ck_map_gradients(struct ck_maps shape, const float *dz, const float *v, const float *hidden,
                      const float *hidden_gradient, const void *signs,
                      float *restrict bias_gradient, float *restrict gradient);

#endif
