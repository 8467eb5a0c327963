// Loops compiled for each level of vector instructions behind one name: the package itself is built for any x86-64, and
// which of the compiled loops runs is chosen when the program runs. An operator's level is its thread's (Threads.h
// hands it on).
#pragma once
#include "CTorch.h"

#define EDIY_INLINE inline __attribute__((always_inline))

namespace ediy {

/// The highest level that this processor has.
EdiyVectorLevel processor_vector_level();

/// The level of this thread's operators: at first the processor's, or the one that `start_at_vector_level` was given.
EdiyVectorLevel &vector_level();

/// Has all threads begin at the level of this name: "default", "avx2" or "avx512". Called before any of them asks.
///
/// Throws where there is no such level, or the processor does not have it.
void start_at_vector_level(const char *name);

#if defined(__x86_64__)
template <auto Body, typename... Arguments>
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))) void on_avx512(Arguments... arguments) {
    Body(arguments...);
}
template <auto Body, typename... Arguments> __attribute__((target("avx2,fma"))) void on_avx2(Arguments... arguments) {
    Body(arguments...);
}
#endif

/// Body(arguments…), an EDIY_INLINE function, by the instructions of this thread's level.
template <auto Body, typename... Arguments> void vectorized(Arguments... arguments) {
#if defined(__x86_64__)
    const auto level = vector_level();
    if (level == EDIY_VECTORS_AVX512) return on_avx512<Body, Arguments...>(arguments...);
    if (level == EDIY_VECTORS_AVX2) return on_avx2<Body, Arguments...>(arguments...);
#endif
    Body(arguments...);
}

} // namespace ediy
