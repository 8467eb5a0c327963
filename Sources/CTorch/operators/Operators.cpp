#include "operators/Operators.h"

#include <ATen/core/dispatch/Dispatcher.h>

namespace ediy {
namespace {

/// The operator of a name, with the signature of the function that stands for it here.
template <typename Signature> c10::TypedOperatorHandle<Signature> found(const char *name, Signature *) {
    return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").template typed<Signature>();
}

} // namespace

at::Tensor conv2d(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias, at::IntArrayRef stride,
                  at::IntArrayRef padding, at::IntArrayRef dilation, int64_t groups) {
    static const auto op = found("ediy::conv2d", conv2d);
    return op.call(x, weight, bias, stride, padding, dilation, groups);
}

at::Tensor conv_transpose2d(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias,
                            at::IntArrayRef stride, at::IntArrayRef padding) {
    static const auto op = found("ediy::conv_transpose2d", conv_transpose2d);
    return op.call(x, weight, bias, stride, padding);
}

at::Tensor linear(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias) {
    static const auto op = found("ediy::linear", linear);
    return op.call(x, weight, bias);
}

at::Tensor matmul(const at::Tensor &a, const at::Tensor &b) {
    static const auto op = found("ediy::matmul", matmul);
    return op.call(a, b);
}

at::Tensor roi_align(const at::Tensor &x, const at::Tensor &rois, double scale, int64_t height, int64_t width,
                     int64_t sampling_ratio, bool aligned) {
    static const auto op = found("ediy::roi_align", roi_align);
    return op.call(x, rois, scale, height, width, sampling_ratio, aligned);
}

at::Tensor roi_align_backward(const at::Tensor &grad, const at::Tensor &rois, double scale, int64_t sampling_ratio,
                              bool aligned, at::IntArrayRef sizes) {
    static const auto op = found("ediy::roi_align_backward", roi_align_backward);
    return op.call(grad, rois, scale, sampling_ratio, aligned, sizes);
}

at::Tensor nms(const at::Tensor &boxes, const at::Tensor &scores, const at::Tensor &groups, double threshold) {
    static const auto op = found("ediy::nms", nms);
    return op.call(boxes, scores, groups, threshold);
}

at::Tensor product(const at::Tensor &x, const at::Tensor &weight) {
    static const auto op = found("ediy::product", product);
    return op.call(x, weight);
}

std::tuple<at::Tensor, at::Tensor> product_backward(const at::Tensor &grad, const at::Tensor &x,
                                                    const at::Tensor &weight, std::array<bool, 2> mask) {
    static const auto op = found("ediy::product_backward", product_backward);
    return op.call(grad, x, weight, mask);
}

at::Tensor filtered_conv(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias) {
    static const auto op = found("ediy::filtered_conv", filtered_conv);
    return op.call(x, weight, bias);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> filtered_conv_backward(const at::Tensor &grad, const at::Tensor &x,
                                                                      const at::Tensor &weight,
                                                                      std::array<bool, 3> mask) {
    static const auto op = found("ediy::filtered_conv_backward", filtered_conv_backward);
    return op.call(grad, x, weight, mask);
}

std::tuple<at::Tensor, at::Tensor> fused_batch_norm(const at::Tensor &x, const at::Tensor &weight,
                                                    const at::Tensor &bias, const at::Tensor &running_mean,
                                                    const at::Tensor &running_var, bool training, double momentum,
                                                    double epsilon, const MaybeTensor &residual, bool relu) {
    static const auto op = found("ediy::fused_batch_norm", fused_batch_norm);
    return op.call(x, weight, bias, running_mean, running_var, training, momentum, epsilon, residual, relu);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>
fused_batch_norm_backward(const at::Tensor &grad, const at::Tensor &x, const at::Tensor &kept, const MaybeTensor &y,
                          bool training, bool learned, bool relu) {
    static const auto op = found("ediy::fused_batch_norm_backward", fused_batch_norm_backward);
    return op.call(grad, x, kept, y, training, learned, relu);
}

} // namespace ediy
