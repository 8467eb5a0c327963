// libtorch's autocast, by the names of each version.
#pragma once
#include <ATen/ATen.h>

namespace ediy {

/// Whether it is on for CPUs, in this thread.
bool is_autocast();

/// Whether it has products of CPUs be of bfloat16.
bool is_bfloat16_autocast();

/// Turns it on, with products in `dtype`, or off; returns whether it was on.
bool set_autocast(at::DeviceType device, bool enabled, at::ScalarType dtype);

} // namespace ediy
