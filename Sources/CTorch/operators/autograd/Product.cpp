#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "operators/Operators.h"

namespace ediy {
namespace {

class Product : public torch::autograd::Function<Product> {
public:
    static at::Tensor forward(torch::autograd::AutogradContext *ctx, const at::Tensor &x, const at::Tensor &weight) {
        const at::AutoDispatchBelowADInplaceOrView below;
        ctx->save_for_backward({x, weight});
        ctx->saved_data["x"] = x.requires_grad();
        ctx->saved_data["weight"] = weight.requires_grad();
        return product(x, weight);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *ctx,
                                                   torch::autograd::variable_list grads) {
        const at::AutoDispatchBelowADInplaceOrView below;
        const auto saved = ctx->get_saved_variables();
        const auto [dx, dw] = product_backward(grads[0], saved[0], saved[1],
                                               {ctx->saved_data["x"].toBool(), ctx->saved_data["weight"].toBool()});
        return {dx, dw};
    }
};

at::Tensor product_autograd(const at::Tensor &x, const at::Tensor &weight) { return Product::apply(x, weight); }

} // namespace

TORCH_LIBRARY_IMPL(ediy, Autograd, m) { m.impl("product", product_autograd); }

} // namespace ediy
