// The loops Swift cannot vectorise: they need a square root or an exponential, which Swift on Linux
// compiles to a library call per element. No fast-math: the same input gives the same bits.
#ifndef MOE_MLORA_CKERNELS_H
#define MOE_MLORA_CKERNELS_H

#include <stddef.h>

/// One step of Adam in the form of TensorFlow 1 ("epsilon hat", outside the bias correction).
///
/// With h = g + l2 * w:  m = beta1 m + (1 - beta1) h,  v = beta2 v + (1 - beta2) h^2,
/// w -= step_size * m / (sqrt(v) + epsilon).  The bias correction is part of step_size.
struct ck_adam {
  float step_size, beta1, beta2, epsilon, l2;
};
void ck_adam(size_t count, struct ck_adam settings, const float *gradient, float *restrict parameter,
             float *restrict first_moment, float *restrict second_moment);

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
