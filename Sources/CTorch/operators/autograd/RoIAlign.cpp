#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "operators/Operators.h"

namespace ediy {
namespace {

class RoIAlign : public torch::autograd::Function<RoIAlign> {
public:
    static at::Tensor forward(torch::autograd::AutogradContext *ctx, const at::Tensor &x, const at::Tensor &rois,
                              double scale, int64_t height, int64_t width, int64_t sampling_ratio, bool aligned) {
        const at::AutoDispatchBelowADInplaceOrView below;
        ctx->save_for_backward({rois});
        ctx->saved_data["sizes"] = x.sizes().vec();
        ctx->saved_data["scale"] = scale;
        ctx->saved_data["sampling_ratio"] = sampling_ratio;
        ctx->saved_data["aligned"] = aligned;
        return roi_align(x, rois, scale, height, width, sampling_ratio, aligned);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *ctx,
                                                   torch::autograd::variable_list grads) {
        const at::AutoDispatchBelowADInplaceOrView below;
        auto &data = ctx->saved_data;
        const auto dx =
            roi_align_backward(grads[0], ctx->get_saved_variables()[0], data["scale"].toDouble(),
                               data["sampling_ratio"].toInt(), data["aligned"].toBool(), data["sizes"].toIntVector());
        const at::Tensor none;
        return {dx, none, none, none, none, none, none};
    }
};

at::Tensor roi_align_autograd(const at::Tensor &x, const at::Tensor &rois, double scale, int64_t height, int64_t width,
                              int64_t sampling_ratio, bool aligned) {
    TORCH_CHECK(x.dim() == 4 && rois.dim() == 2 && rois.size(1) == 5, "a map (N, C, H, W) and regions (R, 5)");
    // Under mixed precision maps come in 16 bits, in which no sum of many should be made.
    const auto wide = x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
    return RoIAlign::apply(wide, rois.to(wide.scalar_type()), scale, height, width, sampling_ratio, aligned);
}

} // namespace

TORCH_LIBRARY_IMPL(ediy, Autograd, m) { m.impl("roi_align", roi_align_autograd); }

} // namespace ediy
