#include "operators/cpu/VectorLevel.h"

#include <stdexcept>
#include <string>

namespace ediy {
namespace {

EdiyVectorLevel found() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return EDIY_VECTORS_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return EDIY_VECTORS_AVX2;
#endif
    return EDIY_VECTORS_DEFAULT;
}

/// Where threads begin; written once, before there is a second one.
EdiyVectorLevel &start() {
    static EdiyVectorLevel level = processor_vector_level();
    return level;
}

constexpr const char *names[] = {"default", "avx2", "avx512"};

} // namespace

EdiyVectorLevel processor_vector_level() {
    static const auto level = found();
    return level;
}

EdiyVectorLevel &vector_level() {
    thread_local EdiyVectorLevel level = start();
    return level;
}

void start_at_vector_level(const char *name) {
    for (int level = EDIY_VECTORS_DEFAULT; level <= EDIY_VECTORS_AVX512; ++level) {
        if (name != std::string(names[level])) continue;
        if (level > processor_vector_level())
            throw std::runtime_error(std::string("is ") + name + ", and this processor has no more than " +
                                     names[processor_vector_level()]);
        start() = static_cast<EdiyVectorLevel>(level);
        return;
    }
    throw std::runtime_error(std::string("is '") + name + "', and must be default, avx2 or avx512");
}

} // namespace ediy
