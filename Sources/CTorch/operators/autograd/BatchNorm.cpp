#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "operators/Operators.h"

namespace ediy {
namespace {

class BatchNorm : public torch::autograd::Function<BatchNorm> {
public:
    static torch::autograd::variable_list forward(torch::autograd::AutogradContext *ctx, const at::Tensor &x,
                                                  const at::Tensor &weight, const at::Tensor &bias,
                                                  const at::Tensor &running_mean, const at::Tensor &running_var,
                                                  bool training, double momentum, double epsilon,
                                                  const MaybeTensor &residual, bool relu) {
        const at::AutoDispatchBelowADInplaceOrView below;
        const auto [y, kept] =
            fused_batch_norm(x, weight, bias, running_mean, running_var, training, momentum, epsilon, residual, relu);
        const bool added = residual.has_value() && residual->defined();
        // The output is kept where which gradients the ReLU lets through cannot be told without it; the next layer
        // keeps it anyway.
        ctx->save_for_backward({x, kept, added && relu ? y : at::Tensor()});
        ctx->saved_data["training"] = training;
        ctx->saved_data["residual"] = added;
        ctx->saved_data["relu"] = relu;
        ctx->saved_data["learned"] = weight.requires_grad() || bias.requires_grad();
        ctx->mark_non_differentiable({kept});
        ctx->set_materialize_grads(false);
        return {y, kept};
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *ctx,
                                                   torch::autograd::variable_list grads) {
        const at::AutoDispatchBelowADInplaceOrView below;
        const auto saved = ctx->get_saved_variables();
        const auto &x = saved[0], &kept = saved[1], &y = saved[2];
        const bool training = ctx->saved_data["training"].toBool(), relu = ctx->saved_data["relu"].toBool();
        const bool added = ctx->saved_data["residual"].toBool(), learned = ctx->saved_data["learned"].toBool();
        const auto g = grads[0].to(x.scalar_type());
        const auto [dx, weight_gradient, bias_gradient, passed] =
            fused_batch_norm_backward(g, x, kept, y.defined() ? MaybeTensor(y) : c10::nullopt, training, learned, relu);
        const at::Tensor none;
        // Without a ReLU the residual's gradient is the output's.
        return {dx,  weight_gradient, bias_gradient, none, none, none, none, none, !added ? none : relu ? passed : g,
                none};
    }
};

std::tuple<at::Tensor, at::Tensor> fused_batch_norm_autograd(const at::Tensor &x, const at::Tensor &weight,
                                                             const at::Tensor &bias, const at::Tensor &running_mean,
                                                             const at::Tensor &running_var, bool training,
                                                             double momentum, double epsilon,
                                                             const MaybeTensor &residual, bool relu) {
    const auto results =
        BatchNorm::apply(x, weight, bias, running_mean, running_var, training, momentum, epsilon, residual, relu);
    return {results[0], results[1]};
}

} // namespace

TORCH_LIBRARY_IMPL(ediy, Autograd, m) { m.impl("fused_batch_norm", fused_batch_norm_autograd); }

} // namespace ediy
