// Every operator of ours. Its kernels are registered by dispatch key in the folders beneath: `composite/` chooses
// between ours and libtorch's, `autograd/` is the way back, `autocast/` mixed precision, `cpu/` the work.
#include <torch/library.h>

TORCH_LIBRARY(ediy, m) {
    // What networks call; libtorch's own do the work wherever ours are not for the tensors at hand.
    m.def("conv2d(Tensor x, Tensor weight, Tensor? bias=None, int[2] stride=1, int[2] padding=0, int[2] dilation=1, "
          "int groups=1) "
          "-> Tensor");
    m.def("conv_transpose2d(Tensor x, Tensor weight, Tensor? bias=None, int[2] stride=1, int[2] padding=0) -> Tensor");
    m.def("linear(Tensor x, Tensor weight, Tensor? bias=None) -> Tensor");
    m.def("matmul(Tensor a, Tensor b) -> Tensor");
    m.def("batch_norm(Tensor x, Tensor weight, Tensor bias, Tensor(a!) running_mean, Tensor(b!) running_var, bool "
          "training, "
          "float momentum, float eps, Tensor? residual=None, bool relu=False) -> Tensor");
    m.def("sync_batch_norm(Tensor x, Tensor weight, Tensor bias, Tensor(a!) running_mean, Tensor(b!) running_var, "
          "Tensor(c!) batches, float momentum, float eps, int group) -> Tensor");

    // What detectors call.
    m.def("roi_align(Tensor x, Tensor rois, float scale, int height, int width, int sampling_ratio, bool aligned) -> "
          "Tensor");
    m.def("roi_align_backward(Tensor grad, Tensor rois, float scale, int sampling_ratio, bool aligned, int[4] sizes) "
          "-> Tensor");
    m.def("nms(Tensor boxes, Tensor scores, Tensor groups, float threshold) -> Tensor");

    // What those above are made of on CPUs.
    m.def("product(Tensor x, Tensor weight) -> Tensor");
    m.def("product_backward(Tensor grad, Tensor x, Tensor weight, bool[2] output_mask) -> (Tensor, Tensor)");
    m.def("filtered_conv(Tensor x, Tensor weight, Tensor? bias) -> Tensor");
    m.def("filtered_conv_backward(Tensor grad, Tensor x, Tensor weight, bool[3] output_mask) -> (Tensor, Tensor, "
          "Tensor)");
    m.def("fused_batch_norm(Tensor x, Tensor weight, Tensor bias, Tensor(a!) running_mean, Tensor(b!) running_var, "
          "bool training, "
          "float momentum, float eps, Tensor? residual, bool relu) -> (Tensor, Tensor)");
    m.def("fused_batch_norm_backward(Tensor grad, Tensor x, Tensor kept, Tensor? y, bool training, bool learned, bool "
          "relu) "
          "-> (Tensor, Tensor, Tensor, Tensor)");
}
