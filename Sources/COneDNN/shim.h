// The part of oneDNN this package calls, and OpenMP's thread count: one rank is one thread.
#ifndef MOE_MLORA_CONEDNN_SHIM_H
#define MOE_MLORA_CONEDNN_SHIM_H

#include <oneapi/dnnl/dnnl.h>

void omp_set_num_threads(int count);
int omp_get_max_threads(void);

#endif
