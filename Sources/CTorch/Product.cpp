// ediy::linear and ediy::conv1x1: x · weightᵀ + bias over rows, and the 1×1 convolution that with channels innermost is
// the same product. On CPUs in float32 each matrix product is shared out among libtorch's threads, a part a call of
// OpenBLAS: its own threads spin between calls on the cores that others need, and its products outrun oneDNN's 1×1
// convolutions, their gradients most of all. Anything else is libtorch's own.
#include <torch/library.h>
#include <torch/torch.h>

#include <limits>

#include "Autocast.h"
#include "Gemm.h"
#include "Threads.h"

namespace ediy {
namespace {

/// out (m, n) = a (m, k) · b (k, n), out row-major. Parts share the longer side of `out`, so that each sum is made by one
/// thread, whatever their number.
void multiply(int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, float *out) {
    const bool by_rows = m >= n;
    const double work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
    const int64_t parts = work < 1e6 ? 1 : part_count(by_rows ? m : n, 8);
    each_part(parts, [&](int64_t p) {
        const int64_t length = by_rows ? m : n, begin = length * p / parts, end = length * (p + 1) / parts;
        Matrix pa = a, pb = b;
        if (by_rows) pa.data += a.transposed ? begin : begin * a.stride;
        else pb.data += b.transposed ? begin * b.stride : begin;
        gemm(by_rows ? end - begin : m, by_rows ? n : end - begin, k, pa, pb, 0, out + (by_rows ? begin * n : begin), n);
    });
}

/// x (M, I) · weight (O, I)ᵀ → (M, O)
class Product : public torch::autograd::Function<Product> {
  public:
    static at::Tensor forward(torch::autograd::AutogradContext *ctx, const at::Tensor &x, const at::Tensor &weight) {
        const int64_t M = x.size(0), I = x.size(1), O = weight.size(0);
        auto y = at::empty({M, O}, x.options());
        multiply(M, O, I, {x.data_ptr<float>(), I, false}, {weight.data_ptr<float>(), I, true}, y.data_ptr<float>());
        ctx->save_for_backward({x, weight});
        ctx->saved_data["x"] = x.requires_grad();
        ctx->saved_data["weight"] = weight.requires_grad();
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *ctx,
                                                   torch::autograd::variable_list grads) {
        const auto saved = ctx->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1];
        const auto g = grads[0].contiguous();
        const int64_t M = x.size(0), I = x.size(1), O = weight.size(0);
        at::Tensor dx, dw;
        if (ctx->saved_data["x"].toBool()) {
            dx = at::empty_like(x);
            multiply(M, I, O, {g.data_ptr<float>(), O, false}, {weight.data_ptr<float>(), I, false}, dx.data_ptr<float>());
        }
        if (ctx->saved_data["weight"].toBool()) {
            dw = at::empty_like(weight);
            multiply(O, I, M, {g.data_ptr<float>(), O, true}, {x.data_ptr<float>(), I, false}, dw.data_ptr<float>());
        }
        return {dx, dw};
    }
};

/// Whether OpenBLAS is there for these, and counts their rows in its integers.
bool is_ours(const at::Tensor &x, const at::Tensor &weight) {
    return sgemm() && x.device().is_cpu() && weight.device().is_cpu() && x.scalar_type() == at::kFloat &&
           weight.scalar_type() == at::kFloat && x.numel() > 0 && weight.numel() > 0 && !is_autocast() &&
           x.numel() < std::numeric_limits<int>::max() && weight.numel() < std::numeric_limits<int>::max();
}

at::Tensor rows_product(const at::Tensor &rows, const at::Tensor &weight, const c10::optional<at::Tensor> &bias) {
    auto y = Product::apply(rows.contiguous(), weight.contiguous());
    return bias.has_value() && bias->defined() ? y + *bias : y;
}

at::Tensor linear(const at::Tensor &x, const at::Tensor &weight, const c10::optional<at::Tensor> &bias) {
    if (!is_ours(x, weight) || weight.dim() != 2 || x.size(-1) != weight.size(1)) return at::linear(x, weight, bias);
    auto shape = x.sizes().vec();
    shape.back() = weight.size(0);
    return rows_product(x.reshape({-1, x.size(-1)}), weight, bias).reshape(shape);
}

at::Tensor conv1x1(const at::Tensor &x, const at::Tensor &weight, const c10::optional<at::Tensor> &bias, int64_t stride) {
    if (!is_ours(x, weight) || x.dim() != 4 || x.size(1) != weight.size(1) ||
        !x.is_contiguous(at::MemoryFormat::ChannelsLast))
        return at::conv2d(x, weight, bias, stride);
    const auto seen = stride == 1 ? x : x.slice(2, 0, x.size(2), stride).slice(3, 0, x.size(3), stride);
    const int64_t N = seen.size(0), H = seen.size(2), W = seen.size(3), O = weight.size(0), I = weight.size(1);
    const auto rows = seen.permute({0, 2, 3, 1}).reshape({N * H * W, I});
    return rows_product(rows, weight.reshape({O, I}), bias).view({N, H, W, O}).permute({0, 3, 1, 2});
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(ediy, m) {
    m.def("linear(Tensor x, Tensor weight, Tensor? bias=None) -> Tensor", linear);
    m.def("conv1x1(Tensor x, Tensor weight, Tensor? bias=None, int stride=1) -> Tensor", conv1x1);
}

}  // namespace ediy
