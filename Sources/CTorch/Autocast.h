// Whether libtorch's autocast is on for CPUs, by the names of each version.
#pragma once
#include <ATen/autocast_mode.h>

namespace ediy {

inline bool is_autocast() {
#if TORCH_VERSION_MAJOR >= 2
    return at::autocast::is_autocast_enabled(at::kCPU);
#else
    return at::autocast::is_cpu_enabled();
#endif
}

/// Whether products are to be of bfloat16.
inline bool is_bfloat16_autocast() {
#if TORCH_VERSION_MAJOR >= 2
    return is_autocast() && at::autocast::get_autocast_dtype(at::kCPU) == at::kBFloat16;
#else
    return is_autocast() && at::autocast::get_autocast_cpu_dtype() == at::kBFloat16;
#endif
}

}  // namespace ediy
