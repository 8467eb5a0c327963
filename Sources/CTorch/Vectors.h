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

/// Rounded to nearest, halves to even; NaN stays one.
EDIY_INLINE void store(c10::BFloat16 *p, int64_t i, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
    p[i].x = static_cast<uint16_t>(value == value ? rounded : 0x7FC0u);
}

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
