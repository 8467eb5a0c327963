// Loops compiled for each width of vectors that processors have, the widest there is chosen when the program runs: the
// package itself is built for any x86-64. And numbers of 16 bits read and written as float32.
#pragma once
#include <c10/util/BFloat16.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#define EDIY_INLINE inline __attribute__((always_inline))

namespace ediy {

EDIY_INLINE float load(const float *p, int64_t i) { return p[i]; }
EDIY_INLINE void store(float *p, int64_t i, float value) { p[i] = value; }

EDIY_INLINE float load(const c10::BFloat16 *p, int64_t i) {
    const uint32_t bits = static_cast<uint32_t>(p[i].x) << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// Bits of float32, one number's or a vector's, rounded to bfloat16 in the upper half: to nearest, halves to even. `is_number` has all
/// bits where they are none of NaN, which stays one.
template <typename Bits>
EDIY_INLINE Bits upper_half(Bits bits, Bits is_number) {
    return (is_number & (bits + 0x7FFFu + ((bits >> 16) & 1u))) | (~is_number & 0x7FC00000u);
}

EDIY_INLINE void store(c10::BFloat16 *p, int64_t i, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    p[i].x = static_cast<uint16_t>(upper_half(bits, value == value ? ~0u : 0u) >> 16);
}

// How functions hand on vectors that a processor may lack is of no concern where every one is inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

/// `n` numbers of float32, read from and written to numbers of either type: for what compilers do not make vectors of themselves.
template <int n>
struct Lanes {
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
    template <typename T>
    static EDIY_INLINE V rounded(V v) {
        T written[n];
        write(written, v);
        return read(written);
    }
};

#if defined(__x86_64__)
template <auto Body, typename... Arguments>
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))) void on_avx512(Arguments... arguments) {
    Body(arguments...);
}
template <auto Body, typename... Arguments>
__attribute__((target("avx2,fma"))) void on_avx2(Arguments... arguments) {
    Body(arguments...);
}
inline int vector_level() {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return 2;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 1 : 0;
}
#endif

/// Body(arguments…), an EDIY_INLINE function, in the widest vectors of this processor.
template <auto Body, typename... Arguments>
void vectorized(Arguments... arguments) {
#if defined(__x86_64__)
    static const int level = vector_level();
    if (level == 2) return on_avx512<Body, Arguments...>(arguments...);
    if (level == 1) return on_avx2<Body, Arguments...>(arguments...);
#endif
    Body(arguments...);
}

}  // namespace ediy
