#pragma once
#include "operators/Operators.h"

namespace ediy {

/// libtorch's convolution.
inline at::Tensor libtorch_conv2d(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias,
                                  at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                                  int64_t groups) {
    // Of an empty batch libtorch 1.13 takes no weights with channels innermost.
    return at::conv2d(x, x.numel() == 0 ? weight.contiguous() : weight, bias, stride, padding, dilation, groups);
}

/// Whether this is the 3×3 convolution that keeps the size, whichever the tensors.
inline bool keeps_size(const at::Tensor &weight, at::IntArrayRef stride, at::IntArrayRef padding,
                       at::IntArrayRef dilation, int64_t groups) {
    const auto is_one = [](at::IntArrayRef sides) { return sides[0] == 1 && sides[1] == 1; };
    return weight.dim() == 4 && weight.size(2) == 3 && weight.size(3) == 3 && is_one(stride) && is_one(padding) &&
           is_one(dilation) && groups == 1;
}

} // namespace ediy
