// Operators of ours on devices that have no kernel of their own for them: through the host.
#include <torch/library.h>

#include "operators/Operators.h"

namespace ediy {
namespace {

at::Tensor roi_align_through_host(const at::Tensor &x, const at::Tensor &rois, double scale, int64_t height,
                                  int64_t width, int64_t sampling_ratio, bool aligned) {
    return roi_align(x.cpu(), rois.cpu(), scale, height, width, sampling_ratio, aligned).to(x.device());
}

at::Tensor roi_align_backward_through_host(const at::Tensor &grad, const at::Tensor &rois, double scale,
                                           int64_t sampling_ratio, bool aligned, at::IntArrayRef sizes) {
    return roi_align_backward(grad.cpu(), rois.cpu(), scale, sampling_ratio, aligned, sizes).to(grad.device());
}

at::Tensor nms_through_host(const at::Tensor &boxes, const at::Tensor &scores, const at::Tensor &groups,
                            double threshold) {
    return nms(boxes.cpu(), scores.cpu(), groups.cpu(), threshold).to(boxes.device());
}

} // namespace

TORCH_LIBRARY_IMPL(ediy, CompositeExplicitAutograd, m) {
    m.impl("roi_align", roi_align_through_host);
    m.impl("roi_align_backward", roi_align_backward_through_host);
    m.impl("nms", nms_through_host);
}

} // namespace ediy
