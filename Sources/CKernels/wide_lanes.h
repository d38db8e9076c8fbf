// Vectors of sixteen floats, an AVX-512 register or two of AVX, for functions that are WIDEST: sums in
// this many lanes are the same bits on every CPU.
#ifndef MOE_MLORA_WIDE_LANES_H
#define MOE_MLORA_WIDE_LANES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { wide_count = 16 };

typedef float wide __attribute__((ext_vector_type(wide_count)));
typedef int32_t wide_bits __attribute__((ext_vector_type(wide_count)));

// What works on some lanes is inlined where their number is a constant sixteen, and where it is less:
// whole vectors and the rest come from one text, and have the same bits.
#define WIDE_INLINE __attribute__((always_inline)) static inline

// Macros, because how a function passes such a vector depends on the processor it is compiled for.

// The first n floats, and zeros behind them.
#define WIDE_LOAD(x, n)                         \
  ({                                            \
    wide loaded_ = 0;                           \
    memcpy(&loaded_, (x), (n) * sizeof(float)); \
    loaded_;                                    \
  })

// Writes the first n lanes.
#define WIDE_STORE(v, y, n)                     \
  do {                                          \
    const wide stored_ = (v);                   \
    memcpy((y), &stored_, (n) * sizeof(float)); \
  } while (0)

// v where a comparison holds, and zero elsewhere.
#define WIDE_WHERE(holds, v) ((wide)((wide_bits)(v) & (holds)))

// max(0, v), NaN passed on.
#define WIDE_RECTIFY(v) WIDE_WHERE(~((v) < 0), v)

WIDE_INLINE float wide_sum(const wide *v) {
  const __attribute__((ext_vector_type(8))) float eight = v->lo + v->hi;
  const __attribute__((ext_vector_type(4))) float four = eight.lo + eight.hi;
  const __attribute__((ext_vector_type(2))) float two = four.lo + four.hi;
  return two.x + two.y;
}

#endif
