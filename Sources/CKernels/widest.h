#ifndef MOE_MLORA_WIDEST_H
#define MOE_MLORA_WIDEST_H

// Compiled twice, for the baseline and for AVX-512; which of the two runs is chosen once, when the
// program is loaded. Only for loops whose elements do not depend on each other, and for sums in lanes
// of a fixed number: the bits are the same from the baseline x86-64-v3 on. Below it the baseline has
// no fused multiply-add, which the AVX-512 clone uses for sums of products, and the two differ.
// On static functions behind the declared ones, because clang 21 fails on declared ones.
#define WIDEST __attribute__((target_clones("arch=x86-64-v4", "default"))) static

#endif
