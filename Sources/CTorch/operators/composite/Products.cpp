// Which matrix product: of rows of float32 on CPUs our own; anything else is libtorch's.
#include <torch/library.h>

#include "operators/Operators.h"
#include "operators/cpu/Product.h"

namespace ediy {
namespace {

at::Tensor linear_choice(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias) {
    if (!multiplies(x, weight) || weight.dim() != 2 || x.size(-1) != weight.size(1)) return at::linear(x, weight, bias);
    auto shape = x.sizes().vec();
    shape.back() = weight.size(0);
    const auto y = product(x.reshape({-1, x.size(-1)}).contiguous(), weight.contiguous());
    return (bias.has_value() && bias->defined() ? y + *bias : y).reshape(shape);
}

at::Tensor libtorch_matmul(const at::Tensor &a, const at::Tensor &b) { return at::matmul(a, b); }

} // namespace

TORCH_LIBRARY_IMPL(ediy, CompositeImplicitAutograd, m) {
    m.impl("linear", linear_choice);
    m.impl("matmul", libtorch_matmul);
}

} // namespace ediy
