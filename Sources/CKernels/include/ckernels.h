// The loops Swift does not vectorise: those with a square root or an exponential, which Swift on Linux
// compiles to a library call per element, and those that choose between two values per element.
// No fast-math: the same input gives the same bits.
// The loops of layers that let fields interact are in headers of their own.
#ifndef MOE_MLORA_CKERNELS_H
#define MOE_MLORA_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "products.h"

/// One step of Adam in the form of TensorFlow 1 ("epsilon hat", outside the bias correction).
///
/// With h = g + l2 * w:  m = beta1 m + (1 - beta1) h,  v = beta2 v + (1 - beta2) h^2,
/// w -= step_size * m / (sqrt(v) + epsilon).  The bias correction is part of step_size.
struct ck_adam {
  float step_size, beta1, beta2, epsilon, l2;
};
void ck_adam(size_t count, struct ck_adam settings, const float *gradient, float *restrict parameter,
             float *restrict first_moment, float *restrict second_moment);

/// y += x.
void ck_add(size_t count, const float *x, float *restrict y);

/// y = 1 / sqrt(scale * x + offset).
void ck_inverse_square_roots(size_t count, float scale, float offset, const float *x,
                             float *restrict y);

/// dy = scale * dy where y > 0, and zero elsewhere: the backward of ReLU over two matrices. Adds the
/// rows of dy to bias_gradient, unless it is NULL.
void ck_rectify_backward(size_t rows, size_t columns, size_t y_stride, const float *y,
                         size_t dy_stride, float *restrict dy, float scale,
                         float *restrict bias_gradient);

/// Which units of a matrix are dropped: those whose 16 random bits are below the threshold. The
/// others are scaled. The bits are functions of (row_keys[row], first_word, column).
struct ck_dropout {
  const uint64_t *row_keys;
  uint32_t first_word, threshold;
  float scale;
};
/// y = mask * y.
void ck_drop(size_t rows, size_t columns, size_t stride, struct ck_dropout dropout, float *y);
/// y = mask * (y + bias), with one bias for each column.
void ck_bias_drop(size_t rows, size_t columns, size_t stride, struct ck_dropout dropout,
                  const float *bias, float *restrict y);
/// y = max(0, mask * (y + bias)), NaN passed on.
void ck_bias_drop_rectify(size_t rows, size_t columns, size_t stride, struct ck_dropout dropout,
                          const float *bias, float *restrict y);

/// Rows of a batch that add to rows of a table, chained by table row in ascending order.
struct ck_chains {
  const int32_t *next;   ///< by row: the next one of the same table row, or -1
  const int32_t *shards; ///< by row: its shard, ascending
  const float *rows;     ///< the rows' gradients of one field's embedding
  const float *logits;   ///< the rows' logit gradients
  size_t stride;         ///< floats between two rows, in both
  size_t width;          ///< floats of an embedding
};
/// Adds the rows of a chain from `first` on that lie in shards lower ..< upper, a node of the binary tree
/// over shards, to sums[0 ..< width] and sums[width] (embedding, logit), which are zero before, as the
/// tree does: rows of a shard in order, shards up the tree. What follows sums, width + 1 floats for each
/// level of the tree, is scratch. Returns the first row behind the node, or -1.
int32_t ck_sum_chain(const struct ck_chains *chains, int32_t lower, int32_t upper, int32_t first,
                     float *sums);

/// Sums each of `count` chains as ck_sum_chain does, that of table row table_rows[i] from first[table_rows[i]]
/// on, and writes its embedding and, unless weights is NULL, its logit to that row of two tables. `scratch` is
/// for sums as there. Returns the least table row with a sum that is not finite, or -1.
int32_t ck_sum_chains(const struct ck_chains *chains, size_t count, const int32_t *table_rows,
                      const int32_t *first, int32_t lower, int32_t upper, float *restrict scratch,
                      float *restrict embeddings, float *restrict weights);

/// Asks the caches for the lines of x, to be written.
void ck_prepare_to_write(size_t count, const float *x);

/// For each row of a batch adds 1, its embedding gradient (`width` floats) and its logit gradient to row
/// ids[row] of sums, whose rows have width + 2 floats. `stride` floats lie between two rows of the batch.
void ck_count_and_add(size_t count, const int32_t *ids, size_t width, const float *rows,
                      const float *logits, size_t stride, float *sums);

/// p[i] = 1 / (1 + exp(-z[i])).
void ck_sigmoid(size_t count, const float *z, float *p);

/// loss[i] = log(1 + exp(z[i])) - y[i] z[i], the cross-entropy of a logit, and its derivative
/// derivative[i] = scale * (sigmoid(z[i]) - y[i]).
void ck_cross_entropy(size_t count, float scale, const float *z, const float *y,
                      float *restrict loss, float *restrict derivative);

/// Every row of x becomes exp(x - max) / sum, max and sum taken over the row.
void ck_softmax(size_t rows, size_t columns, size_t stride, float *x);

#endif
