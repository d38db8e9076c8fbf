// Attention between the fields of a sample. All operands hold one feature a row and one field of one
// sample a column, all samples of a field side by side, (f, b) = f * rows + b: what a sample does is
// done for many at once, and sums need no order but that of the text.
#ifndef MOE_MLORA_ATTENTION_H
#define MOE_MLORA_ATTENTION_H

#include <stddef.h>

struct ck_attention {
  size_t rows, fields, heads, width; ///< samples, and the width of a head
  size_t projection_stride, probability_stride, output_stride, gradient_stride;
};

/// The projection holds queries, keys, values and residuals, heads * width features each. For every
/// head, writes the probabilities P[i * fields + j] = softmax over j of q_i · k_j, one row each, and the
/// output y_i = max(0, sum over j of P_ij v_j + r_i), NaN passed on.
void ck_attend(struct ck_attention shape, const float *projection, float *restrict probabilities,
               float *restrict y);

/// Floats of scratch that ck_attend_backward needs.
size_t ck_attention_scratch(size_t fields);

/// Overwrites the projection with its gradient, from that of the output.
void ck_attend_backward(struct ck_attention shape, float *restrict projection,
                        const float *probabilities, const float *y, const float *dy,
                        float *restrict scratch);

#endif
