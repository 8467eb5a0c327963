// Numbers of float32 or bfloat16, read and written as float32: one by one, or as many at once as a vector has lanes.
#pragma once
#include <c10/util/BFloat16.h>

#include <cstdint>
#include <cstring>

#include "operators/cpu/VectorLevel.h"

namespace ediy {

EDIY_INLINE float load(const float *p, int64_t i) { return p[i]; }
EDIY_INLINE void store(float *p, int64_t i, float value) { p[i] = value; }

EDIY_INLINE float load(const c10::BFloat16 *p, int64_t i) {
    const uint32_t bits = static_cast<uint32_t>(p[i].x) << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// Bits of float32, one number's or a vector's, rounded to bfloat16 in the upper half: to nearest, halves to even.
/// `is_number` has all bits where they are none of NaN, which stays one.
template <typename Bits> EDIY_INLINE Bits upper_half(Bits bits, Bits is_number) {
    return (is_number & (bits + 0x7FFFu + ((bits >> 16) & 1u))) | (~is_number & 0x7FC00000u);
}

EDIY_INLINE void store(c10::BFloat16 *p, int64_t i, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    p[i].x = static_cast<uint16_t>(upper_half(bits, value == value ? ~0u : 0u) >> 16);
}

// How functions hand on vectors that a processor may lack is of no concern where every one is inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

/// `n` numbers of float32, read from and written to numbers of either type: for what compilers do not make vectors of
/// themselves.
template <int n> struct Lanes {
    typedef float V __attribute__((vector_size(n * sizeof(float))));
    typedef uint32_t Bits __attribute__((vector_size(n * sizeof(uint32_t))));
    typedef uint16_t Halves __attribute__((vector_size(n * sizeof(uint16_t))));

    static EDIY_INLINE V read(const float *p) {
        V v;
        memcpy(&v, p, sizeof v);
        return v;
    }
    static EDIY_INLINE V read(const c10::BFloat16 *p) {
        Halves v;
        memcpy(&v, p, sizeof v);
        return (V)(__builtin_convertvector(v, Bits) << 16);
    }

    static EDIY_INLINE void write(float *p, V v) { memcpy(p, &v, sizeof v); }
    static EDIY_INLINE void write(c10::BFloat16 *p, V v) {
        const Halves halves = __builtin_convertvector(upper_half((Bits)v, (Bits)(v == v)) >> 16, Halves);
        memcpy(static_cast<void *>(p), &halves, sizeof halves);
    }

    /// As they would be after they were written as numbers of T.
    template <typename T> static EDIY_INLINE V rounded(V v) {
        T written[n];
        write(written, v);
        return read(written);
    }
};

} // namespace ediy
