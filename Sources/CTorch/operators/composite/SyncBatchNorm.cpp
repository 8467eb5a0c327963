// ediy::sync_batch_norm: batch normalisation by the statistics of the batches of all processes taken together.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "distributed/ProcessGroup.h"

namespace ediy {
namespace {

/// (C) beside (N, C, …).
at::Tensor by_channel(const at::Tensor &values, const at::Tensor &x) {
    std::vector<int64_t> sizes(x.dim(), 1);
    sizes[1] = -1;
    return values.to(x.scalar_type()).view(sizes);
}

/// The scale and shift of a channel in one pass over x: by running statistics, whichever they are.
at::Tensor normalized(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, const at::Tensor &mean,
                      const at::Tensor &variance, double epsilon) {
    if (x.numel() == 0) return at::empty_like(x);
    return std::get<0>(at::native_batch_norm(x, weight, bias, mean, variance, false, 0, epsilon));
}

class SyncBatchNorm : public torch::autograd::Function<SyncBatchNorm> {
public:
    static at::Tensor forward(torch::autograd::AutogradContext *ctx, const at::Tensor &x_, const at::Tensor &weight,
                              const at::Tensor &bias, at::Tensor running_mean, at::Tensor running_variance,
                              at::Tensor batches, double momentum, double epsilon, int64_t group) {
        TORCH_CHECK(x_.dim() >= 2 && x_.size(1) == weight.numel(), "x (N, C, ...) and C weights");
        // Under mixed precision x comes in 16 bits, in which no sum of many should be made.
        const auto x = x_.scalar_type() == at::kDouble ? x_ : x_.to(at::kFloat);
        const int64_t channels = x.size(1), count = x.numel() / channels;
        const auto wide = x.options().dtype(at::kDouble);
        auto own = at::zeros({2 * channels + 1}, wide);
        if (count > 0) {
            const auto [mean, variance] = at::batch_norm_update_stats(x, {}, {}, 0);
            own.narrow(0, 0, channels).copy_(mean);
            own.narrow(0, channels, channels).copy_(variance).mul_(count);
            own.narrow(0, 2 * channels, 1).fill_(count);
        }
        // Every process adds up in the same order, and so has the same numbers. Chan et al. 1983, equation 2.1.
        const auto all = at::stack(reinterpret_cast<ProcessGroup *>(group)->all_gather(own));
        const auto means = all.narrow(1, 0, channels), squares = all.narrow(1, channels, channels);
        const auto counts = all.narrow(1, 2 * channels, 1), total = counts.sum(), divisor = total.clamp_min(1);
        const auto mean = (counts * means).sum(0) / divisor;
        const auto squared = (squares + counts * (means - mean).square()).sum(0);
        // One value a channel has no variance, and none has no mean: then the running ones serve. No number is asked
        // for on the host, so that a device need not be waited for.
        const auto enough = total > 1;
        const auto used_mean = at::where(enough, mean, running_mean.to(at::kDouble));
        const auto used_variance = at::where(enough, squared / divisor, running_variance.to(at::kDouble));
        const auto moved = enough.to(at::kDouble) * momentum;
        const auto unbiased = squared / (total - 1).clamp_min(1);
        running_mean.copy_(running_mean * (1 - moved) + mean * moved);
        running_variance.copy_(running_variance * (1 - moved) + unbiased * moved);
        batches.add_(enough.to(batches.scalar_type()));

        const auto type = x.scalar_type();
        const auto share = at::where(enough, divisor.reciprocal(), at::zeros_like(divisor));
        ctx->save_for_backward({x, weight, used_mean.to(type), (used_variance + epsilon).rsqrt().to(type), share});
        ctx->saved_data["group"] = group;
        ctx->saved_data["epsilon"] = epsilon;
        return normalized(x, weight.to(type), bias.to(type), used_mean.to(type), used_variance.to(type), epsilon)
            .to(x_.scalar_type());
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *ctx,
                                                   torch::autograd::variable_list grads) {
        const auto saved = ctx->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1], &mean = saved[2], &scale = saved[3], &share = saved[4];
        const auto type = grads[0].scalar_type();
        const auto grad = grads[0].to(x.scalar_type());
        auto weight_grad = at::zeros_like(scale), bias_grad = at::zeros_like(scale);
        if (x.numel() > 0)
            std::tie(std::ignore, weight_grad, bias_grad) =
                at::native_batch_norm_backward(grad, x, weight.to(x.scalar_type()), {}, {}, mean, scale, true,
                                               ctx->saved_data["epsilon"].toDouble(), {false, true, true});
        // What each value does to the losses of all processes through the statistics.
        const auto sums = at::stack({weight_grad, bias_grad}).to(at::kDouble);
        reinterpret_cast<ProcessGroup *>(ctx->saved_data["group"].toInt())->all_reduce({sums});
        const auto through = sums * share, slope = weight.to(at::kDouble) * scale;
        const auto of_x = -slope * scale * through[0], constant = -slope * through[1] - of_x * mean;
        auto x_grad = x.mul(by_channel(of_x, x)).add_(by_channel(constant, x)).addcmul_(grad, by_channel(slope, x));
        at::Tensor none;
        return {x_grad.to(type),
                weight_grad.to(weight.scalar_type()),
                bias_grad.to(weight.scalar_type()),
                none,
                none,
                none,
                none,
                none,
                none};
    }
};

at::Tensor sync_batch_norm(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias,
                           at::Tensor running_mean, at::Tensor running_variance, at::Tensor batches, double momentum,
                           double epsilon, int64_t group) {
    return SyncBatchNorm::apply(x, weight, bias, running_mean, running_variance, batches, momentum, epsilon, group);
}

} // namespace

TORCH_LIBRARY_IMPL(ediy, CompositeImplicitAutograd, m) { m.impl("sync_batch_norm", sync_batch_norm); }

} // namespace ediy
