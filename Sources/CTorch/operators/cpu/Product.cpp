// The product of rows by a matrix of weights, shared out among libtorch's threads, a part a call of OpenBLAS: its own
// threads spin between calls on the cores that others need, and its products outrun oneDNN's 1×1 convolutions, their
// gradients most of all.
#include "operators/cpu/Product.h"

#include <torch/library.h>

#include <array>
#include <limits>

#include "operators/Kernels.h"
#include "operators/cpu/Gemm.h"
#include "operators/cpu/Threads.h"

namespace ediy {
namespace {

/// out (m, n) = a (m, k) · b (k, n), out row-major. Parts share the longer side of `out`, so that each sum is made by
/// one thread, whatever their number.
void multiply(int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, float *out) {
    const bool by_rows = m >= n;
    const double work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
    const int64_t parts = work < 1e6 ? 1 : part_count(by_rows ? m : n, 8);
    each_part(parts, [&](int64_t p) {
        const int64_t length = by_rows ? m : n, begin = length * p / parts, end = length * (p + 1) / parts;
        Matrix pa = a, pb = b;
        if (by_rows)
            pa.data += a.transposed ? begin : begin * a.stride;
        else
            pb.data += b.transposed ? begin * b.stride : begin;
        gemm(by_rows ? end - begin : m, by_rows ? n : end - begin, k, pa, pb, 0, out + (by_rows ? begin * n : begin),
             n);
    });
}

/// x (M, I) · weight (O, I)ᵀ → (M, O)
at::Tensor product_cpu(const at::Tensor &x, const at::Tensor &weight) {
    ++kernel_runs(EDIY_KERNEL_PRODUCT);
    const int64_t M = x.size(0), I = x.size(1), O = weight.size(0);
    auto y = at::empty({M, O}, x.options());
    multiply(M, O, I, {x.data_ptr<float>(), I, false}, {weight.data_ptr<float>(), I, true}, y.data_ptr<float>());
    return y;
}

std::tuple<at::Tensor, at::Tensor> product_backward_cpu(const at::Tensor &grad, const at::Tensor &x,
                                                        const at::Tensor &weight, std::array<bool, 2> mask) {
    ++kernel_runs(EDIY_KERNEL_PRODUCT);
    const auto g = grad.contiguous();
    const int64_t M = x.size(0), I = x.size(1), O = weight.size(0);
    at::Tensor dx, dw;
    if (mask[0]) {
        dx = at::empty_like(x);
        multiply(M, I, O, {g.data_ptr<float>(), O, false}, {weight.data_ptr<float>(), I, false}, dx.data_ptr<float>());
    }
    if (mask[1]) {
        dw = at::empty_like(weight);
        multiply(O, I, M, {g.data_ptr<float>(), O, true}, {x.data_ptr<float>(), I, false}, dw.data_ptr<float>());
    }
    return {dx, dw};
}

} // namespace

bool multiplies(const at::Tensor &x, const at::Tensor &weight) {
    return sgemm() && x.device().is_cpu() && weight.device().is_cpu() && x.scalar_type() == at::kFloat &&
           weight.scalar_type() == at::kFloat && x.numel() > 0 && weight.numel() > 0 &&
           x.numel() < std::numeric_limits<int>::max() && weight.numel() < std::numeric_limits<int>::max();
}

TORCH_LIBRARY_IMPL(ediy, CPU, m) {
    m.impl("product", product_cpu);
    m.impl("product_backward", product_backward_cpu);
}

} // namespace ediy
