// The loops Swift does not vectorise: those with a square root or an exponential, which Swift on Linux
// compiles to a library call per element, and those that choose between two values per element.
// No fast-math: the same input gives the same bits.
#ifndef MOE_MLORA_CKERNELS_H
#define MOE_MLORA_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// One step of Adam in the form of TensorFlow 1 ("epsilon hat", outside the bias correction).
///
/// With h = g + l2 * w:  m = beta1 m + (1 - beta1) h,  v = beta2 v + (1 - beta2) h^2,
/// w -= step_size * m / (sqrt(v) + epsilon).  The bias correction is part of step_size.
struct ck_adam {
  float step_size, beta1, beta2, epsilon, l2;
};
void ck_adam(size_t count, struct ck_adam settings, const float *gradient, float *restrict parameter,
             float *restrict first_moment, float *restrict second_moment);

/// y[i] = scale * dy[i] where y[i] > 0, and zero elsewhere, in place of dy: the backward of ReLU.
void ck_rectify_backward(size_t count, float scale, const float *y, float *restrict dy);

/// Which units of a row are dropped: those whose 16 random bits are below the threshold. The others
/// are scaled. The bits are functions of (row_key, first_word, unit).
struct ck_dropout {
  uint64_t row_key;
  uint32_t first_word, threshold;
  float scale;
};
/// y[i] = mask[i] * y[i].
void ck_drop(size_t width, struct ck_dropout dropout, float *y);
/// y[i] = mask[i] * (y[i] + bias[i]).
void ck_bias_drop(size_t width, struct ck_dropout dropout, const float *bias, float *restrict y);
/// y[i] = max(0, mask[i] * (y[i] + bias[i])), NaN passed on.
void ck_bias_drop_rectify(size_t width, struct ck_dropout dropout, const float *bias,
                          float *restrict y);

/// y[i] = exp(x[i]), within 2 units in the last place; 0 below -87.3, infinity above 88.7.
void ck_exp(size_t count, const float *x, float *y);

/// p[i] = 1 / (1 + exp(-z[i])).
void ck_sigmoid(size_t count, const float *z, float *p);

/// loss[i] = log(1 + exp(z[i])) - y[i] z[i], the cross-entropy of a logit, and its derivative
/// derivative[i] = scale * (sigmoid(z[i]) - y[i]).
void ck_cross_entropy(size_t count, float scale, const float *z, const float *y,
                      float *restrict loss, float *restrict derivative);

/// Every row of x becomes exp(x - max) / sum, max and sum taken over the row.
void ck_softmax(size_t rows, size_t columns, size_t stride, float *x);

#endif
