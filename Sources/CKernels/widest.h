#ifndef MOE_MLORA_WIDEST_H
#define MOE_MLORA_WIDEST_H

// Compiled twice, for the baseline and for AVX-512; which of the two runs is chosen once, when the
// program is loaded. Only for loops whose elements do not depend on each other, and for sums in lanes
// of a fixed number: the bits are the same.
// On static functions behind the declared ones, because clang 21 fails on declared ones.
#define WIDEST __attribute__((target_clones("arch=x86-64-v4", "default"))) static

#endif
