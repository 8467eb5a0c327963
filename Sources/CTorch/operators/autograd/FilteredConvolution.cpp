#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "operators/Operators.h"

namespace ediy {
namespace {

class FilteredConvolution : public torch::autograd::Function<FilteredConvolution> {
public:
    static at::Tensor forward(torch::autograd::AutogradContext *ctx, const at::Tensor &x, const at::Tensor &weight,
                              const MaybeTensor &bias) {
        const at::AutoDispatchBelowADInplaceOrView below;
        ctx->save_for_backward({x, weight});
        ctx->saved_data["x"] = x.requires_grad();
        ctx->saved_data["weight"] = weight.requires_grad();
        ctx->saved_data["bias"] = bias.has_value() && bias->defined() && bias->requires_grad();
        return filtered_conv(x, weight, bias);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *ctx,
                                                   torch::autograd::variable_list grads) {
        const at::AutoDispatchBelowADInplaceOrView below;
        const auto saved = ctx->get_saved_variables();
        const auto wanted = [&](const char *name) { return ctx->saved_data[name].toBool(); };
        const auto [dx, dw, db] =
            filtered_conv_backward(grads[0], saved[0], saved[1], {wanted("x"), wanted("weight"), wanted("bias")});
        return {dx, dw, db};
    }
};

at::Tensor filtered_conv_autograd(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias) {
    return FilteredConvolution::apply(x, weight, bias);
}

} // namespace

TORCH_LIBRARY_IMPL(ediy, Autograd, m) { m.impl("filtered_conv", filtered_conv_autograd); }

} // namespace ediy
