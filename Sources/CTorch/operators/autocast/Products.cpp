// Products under mixed precision on CPUs.
//
// Where the processor has no bfloat16 arithmetic, libtorch's 16-bit convolutions and products are loops over single
// numbers, a hundred times slower than float32. What hardware with it computes is products of values rounded to
// bfloat16, summed in float32, the sum rounded: the same is computed here in float32 on rounded values, at about
// float32's speed.
#include <ATen/autocast_mode.h>
#include <torch/library.h>

#include "operators/autocast/Autocast.h"
#include "operators/composite/Convolution.h"
#include "operators/cpu/FilteredConvolution.h"
#include "operators/cpu/VectorLevel.h"

namespace ediy {
namespace {

/// Whether products are to be of bfloat16, and libtorch would not use this processor's arithmetic of it.
bool rounds_products() {
#if defined(__x86_64__)
    // What libtorch asks before it hands a bfloat16 convolution to oneDNN is AVX-512's BW, VL and DQ.
    return vector_level() < EDIY_VECTORS_AVX512 && is_bfloat16_autocast();
#else
    return false;
#endif
}

at::Tensor rounded(const at::Tensor &t) {
    if (!t.defined() || !t.device().is_cpu()) return t;
    if (t.scalar_type() == at::kFloat) return t.to(at::kBFloat16).to(at::kFloat);
    return t.scalar_type() == at::kBFloat16 ? t.to(at::kFloat) : t;
}

MaybeTensor rounded(const MaybeTensor &t) { return t.has_value() ? MaybeTensor(rounded(*t)) : t; }

template <typename T> T rounded(T value) { return value; }

/// product(arguments…) of rounded numbers, rounded; differentiable.
template <typename Product, typename... Arguments>
at::Tensor of_rounded(const Product &product, const Arguments &...arguments) {
    const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    const auto result = product(rounded(arguments)...);
    return result.scalar_type() == at::kFloat ? result.to(at::kBFloat16) : result;
}

at::Tensor conv2d_autocast(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias,
                           at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, int64_t groups) {
    if (rounds_products()) return of_rounded(conv2d, x, weight, bias, stride, padding, dilation, groups);
    if (is_bfloat16_autocast() && keeps_size(weight, stride, padding, dilation, groups) &&
        filters_bfloat16(x, weight, bias)) {
        const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
        return filtered_conv(x.to(at::kBFloat16), weight, bias);
    }
    return libtorch_conv2d(x, weight, bias, stride, padding, dilation, groups);
}

at::Tensor conv_transpose2d_autocast(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias,
                                     at::IntArrayRef stride, at::IntArrayRef padding) {
    if (rounds_products()) return of_rounded(conv_transpose2d, x, weight, bias, stride, padding);
    return at::conv_transpose2d(x, weight, bias, stride, padding);
}

at::Tensor linear_autocast(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias) {
    return rounds_products() ? of_rounded(linear, x, weight, bias) : at::linear(x, weight, bias);
}

at::Tensor matmul_autocast(const at::Tensor &a, const at::Tensor &b) {
    return rounds_products() ? of_rounded(matmul, a, b) : at::matmul(a, b);
}

} // namespace

TORCH_LIBRARY_IMPL(ediy, AutocastCPU, m) {
    m.impl("conv2d", conv2d_autocast);
    m.impl("conv_transpose2d", conv_transpose2d_autocast);
    m.impl("linear", linear_autocast);
    m.impl("matmul", matmul_autocast);
}

} // namespace ediy
