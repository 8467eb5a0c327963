#pragma once
#include <ATen/ATen.h>

namespace ediy {

/// Whether `product` takes rows of x and these weights: float32 on CPUs, and OpenBLAS is there, which counts in its own
/// integers.
bool multiplies(const at::Tensor &x, const at::Tensor &weight);

} // namespace ediy
