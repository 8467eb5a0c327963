// Which convolution: with channels innermost on CPUs one of 1×1 is a product of rows, and one of 3×3 that keeps the
// size is filtered; anything else is libtorch's.
#include "operators/composite/Convolution.h"

#include <torch/library.h>

#include "operators/cpu/FilteredConvolution.h"
#include "operators/cpu/Product.h"

namespace ediy {
namespace {

/// x (N, C, H, W) with channels innermost · weight (O, C, 1, 1)
at::Tensor pointwise(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias, at::IntArrayRef stride) {
    const auto seen =
        stride[0] == 1 && stride[1] == 1 ? x : x.slice(2, 0, x.size(2), stride[0]).slice(3, 0, x.size(3), stride[1]);
    const int64_t N = seen.size(0), H = seen.size(2), W = seen.size(3), O = weight.size(0), C = weight.size(1);
    const auto rows = seen.permute({0, 2, 3, 1}).reshape({N * H * W, C});
    return ediy::linear(rows, weight.reshape({O, C}), bias).view({N, H, W, O}).permute({0, 3, 1, 2});
}

bool is_pointwise(const at::Tensor &x, const at::Tensor &weight, at::IntArrayRef padding, int64_t groups) {
    return x.dim() == 4 && weight.dim() == 4 && weight.size(2) == 1 && weight.size(3) == 1 &&
           x.size(1) == weight.size(1) && padding[0] == 0 && padding[1] == 0 && groups == 1;
}

at::Tensor conv2d_choice(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias, at::IntArrayRef stride,
                         at::IntArrayRef padding, at::IntArrayRef dilation, int64_t groups) {
    if (is_pointwise(x, weight, padding, groups) && multiplies(x, weight) &&
        x.is_contiguous(at::MemoryFormat::ChannelsLast))
        return pointwise(x, weight, bias, stride);
    if (keeps_size(weight, stride, padding, dilation, groups) && filters_float(x, weight, bias))
        return filtered_conv(x, weight, bias);
    return libtorch_conv2d(x, weight, bias, stride, padding, dilation, groups);
}

at::Tensor libtorch_conv_transpose2d(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias,
                                     at::IntArrayRef stride, at::IntArrayRef padding) {
    return at::conv_transpose2d(x, weight, bias, stride, padding);
}

} // namespace

TORCH_LIBRARY_IMPL(ediy, CompositeImplicitAutograd, m) {
    m.impl("conv2d", conv2d_choice);
    m.impl("conv_transpose2d", libtorch_conv_transpose2d);
}

} // namespace ediy
