// Which batch normalisation: of float32 and bfloat16 on CPUs with channels innermost our own, with what follows it in
// one; anything else is composed of libtorch's operators.
#include <torch/library.h>

#include "operators/Operators.h"

namespace ediy {
namespace {

bool is_ours(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, const at::Tensor &mean,
             const at::Tensor &variance, bool training, const MaybeTensor &residual) {
    const auto type = x.scalar_type();
    const bool rows = x.dim() == 4   ? x.is_contiguous(at::MemoryFormat::ChannelsLast)
                      : x.dim() == 2 ? x.is_contiguous()
                                     : false;
    if (!x.device().is_cpu() || (type != at::kFloat && type != at::kBFloat16) || !rows) return false;
    if (x.numel() == 0 || (training && x.numel() == x.size(1))) return false;
    if (residual.has_value() && (residual->sizes() != x.sizes() || !residual->device().is_cpu())) return false;
    for (const auto *t : {&weight, &bias, &mean, &variance})
        if (t->scalar_type() != at::kFloat || !t->is_contiguous() || t->numel() != x.size(1) || !t->device().is_cpu())
            return false;
    return true;
}

at::Tensor batch_norm(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, const at::Tensor &mean,
                      const at::Tensor &variance, bool training, double momentum, double epsilon,
                      const MaybeTensor &residual, bool relu) {
    if (is_ours(x, weight, bias, mean, variance, training, residual))
        return std::get<0>(
            fused_batch_norm(x, weight, bias, mean, variance, training, momentum, epsilon, residual, relu));
    auto y = at::batch_norm(x, weight, bias, mean, variance, training, momentum, epsilon, /*cudnn_enabled=*/true);
    if (residual.has_value()) y = y + *residual;
    return relu ? y.relu_() : y;
}

} // namespace

TORCH_LIBRARY_IMPL(ediy, CompositeImplicitAutograd, m) { m.impl("batch_norm", batch_norm); }

} // namespace ediy
