// The operators of Schemas.cpp as functions: calls through the dispatcher, which takes the kernel of the tensors'
// dispatch keys. N images, C channels in, O out.
#pragma once
#include <ATen/ATen.h>

#include <array>
#include <tuple>

namespace ediy {

using MaybeTensor = c10::optional<at::Tensor>;

/// x (N, C, H, W) convolved by `weight` (O, C / groups, K, K)
at::Tensor conv2d(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias, at::IntArrayRef stride,
                  at::IntArrayRef padding, at::IntArrayRef dilation, int64_t groups);

/// x (N, C, H, W) by `weight` (C, O, K, K), the way back of a convolution
at::Tensor conv_transpose2d(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias,
                            at::IntArrayRef stride, at::IntArrayRef padding);

/// x (…, C) · weight (O, C)ᵀ + bias
at::Tensor linear(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias);

/// The matrix product, batched over leading dimensions.
at::Tensor matmul(const at::Tensor &a, const at::Tensor &b);

/// Regions rois (R, 5) of x (N, C, H, W) → (R, C, height, width)
at::Tensor roi_align(const at::Tensor &x, const at::Tensor &rois, double scale, int64_t height, int64_t width,
                     int64_t sampling_ratio, bool aligned);

/// The gradient of x, whose `sizes` are (N, C, H, W)
at::Tensor roi_align_backward(const at::Tensor &grad, const at::Tensor &rois, double scale, int64_t sampling_ratio,
                              bool aligned, at::IntArrayRef sizes);

/// boxes (n, 4), scores (n), groups (n) → the kept places by falling score, int64
at::Tensor nms(const at::Tensor &boxes, const at::Tensor &scores, const at::Tensor &groups, double threshold);

/// x (M, C) · weight (O, C)ᵀ → (M, O), float32
at::Tensor product(const at::Tensor &x, const at::Tensor &weight);

/// The gradients of x and weight that the mask asks for.
std::tuple<at::Tensor, at::Tensor> product_backward(const at::Tensor &grad, const at::Tensor &x,
                                                    const at::Tensor &weight, std::array<bool, 2> mask);

/// x (N, C, H, W) of float32 or bfloat16 convolved by `weight` (O, C, 3, 3) of float32 with one pixel of padding, by
/// minimal filtering → (N, O, H, W) of x's type
at::Tensor filtered_conv(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias);

/// The gradients of x, weight and bias that the mask asks for.
std::tuple<at::Tensor, at::Tensor, at::Tensor>
filtered_conv_backward(const at::Tensor &grad, const at::Tensor &x, const at::Tensor &weight, std::array<bool, 3> mask);

/// relu(norm(x) + residual), and what the way back asks for: (4, C), a channel's mean, 1 / √(variance + ε), scale and
/// shift.
std::tuple<at::Tensor, at::Tensor> fused_batch_norm(const at::Tensor &x, const at::Tensor &weight,
                                                    const at::Tensor &bias, const at::Tensor &running_mean,
                                                    const at::Tensor &running_var, bool training, double momentum,
                                                    double epsilon, const MaybeTensor &residual, bool relu);

/// The gradients of x, weight and bias, the latter two if `learned`; and the residual's where there is a `y`, the
/// output, which is to be given where both a residual and a ReLU followed.
std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>
fused_batch_norm_backward(const at::Tensor &grad, const at::Tensor &x, const at::Tensor &kept, const MaybeTensor &y,
                          bool training, bool learned, bool relu);

} // namespace ediy
