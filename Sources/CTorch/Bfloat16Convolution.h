// Convolutions by autocast to bfloat16, where this processor multiplies it: see Bfloat16Convolution.cpp.
#pragma once
#include <ATen/ATen.h>

namespace ediy {

/// Whether the convolution of x (N, I, H, W) with a weight (O, I, K, K) is to be of bfloat16, and these are tensors for it.
bool is_bfloat16_convolution(const at::Tensor &x, const at::Tensor &weight, const c10::optional<at::Tensor> &bias);

/// The 1×1 convolution of stride 1.
at::Tensor bfloat16_conv1x1(const at::Tensor &x, const at::Tensor &weight, const c10::optional<at::Tensor> &bias);

/// The 3×3 convolution of stride 1 that keeps the size.
at::Tensor bfloat16_conv3x3(const at::Tensor &x, const at::Tensor &weight, const c10::optional<at::Tensor> &bias);

}  // namespace ediy
