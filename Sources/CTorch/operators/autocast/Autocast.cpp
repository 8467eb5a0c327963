#include "operators/autocast/Autocast.h"

#include <ATen/autocast_mode.h>
#include <torch/version.h>

namespace ediy {

#if TORCH_VERSION_MAJOR >= 2

bool is_autocast() { return at::autocast::is_autocast_enabled(at::kCPU); }

bool is_bfloat16_autocast() { return is_autocast() && at::autocast::get_autocast_dtype(at::kCPU) == at::kBFloat16; }

bool set_autocast(at::DeviceType device, bool enabled, at::ScalarType dtype) {
    const bool before = at::autocast::is_autocast_enabled(device);
    at::autocast::set_autocast_enabled(device, enabled);
    if (enabled) at::autocast::set_autocast_dtype(device, dtype);
    // Weights cast for the region must not outlive it: the optimizer changes them in place.
    else
        at::autocast::clear_cache();
    return before;
}

#else

bool is_autocast() { return at::autocast::is_cpu_enabled(); }

bool is_bfloat16_autocast() { return is_autocast() && at::autocast::get_autocast_cpu_dtype() == at::kBFloat16; }

bool set_autocast(at::DeviceType device, bool enabled, at::ScalarType dtype) {
    const bool is_cuda = device == at::kCUDA;
    const bool before = is_cuda ? at::autocast::is_enabled() : at::autocast::is_cpu_enabled();
    is_cuda ? at::autocast::set_enabled(enabled) : at::autocast::set_cpu_enabled(enabled);
    // Weights cast for the region must not outlive it: the optimizer changes them in place.
    if (!enabled)
        at::autocast::clear_cache();
    else if (is_cuda)
        at::autocast::set_autocast_gpu_dtype(dtype);
    else
        at::autocast::set_autocast_cpu_dtype(dtype);
    return before;
}

#endif

} // namespace ediy
