// Batch normalisation with what follows it in a residual network, y = relu(norm(x) + residual), each part optional, in
// two passes over memory forward and two backward. Source: Ioffe and Szegedy 2015 (arXiv 1502.03167).
#include <ATen/ATen.h>
#include <torch/library.h>

#include <cmath>
#include <vector>

#include "operators/Kernels.h"
#include "operators/Operators.h"
#include "operators/cpu/NormalizedRows.h"
#include "operators/cpu/Threads.h"

namespace ediy {
namespace {

/// The rows of a tensor with channels innermost.
struct Rows {
    const int64_t count, C;
    /// Threads share the rows; a part is at least 64 KB or so.
    const int64_t parts;

    explicit Rows(const at::Tensor &x)
        : count(x.numel() / x.size(1)), C(x.size(1)), parts(part_count(count, std::max<int64_t>(1, 16384 / C))) {}

    int64_t begin(int64_t part) const { return count * part / parts; }
    int64_t length(int64_t part) const { return begin(part + 1) - begin(part); }
};

/// body(part, 2 · C floats of scratch, 2 · C sums), each part by itself, then the sums of all in order.
template <typename Body> std::vector<double> summed(const Rows &rows, const Body &body) {
    const int64_t parts = rows.parts, width = 2 * rows.C;
    std::vector<double> sums(parts * width, 0.0);
    each_part(parts, [&](int64_t part) {
        std::vector<float> scratch(width);
        std::vector<double> own(width, 0.0);
        body(part, scratch.data(), own.data());
        std::copy(own.begin(), own.end(), sums.begin() + part * width);
    });
    for (int64_t part = 1; part < parts; ++part)
        for (int64_t i = 0; i < width; ++i) sums[i] += sums[part * width + i];
    sums.resize(width);
    return sums;
}

template <typename T> void moments(const at::Tensor &x, std::vector<float> &mean, std::vector<double> &variance) {
    const Rows rows(x);
    const T *in = x.data_ptr<T>();
    const int64_t C = rows.C;
    std::vector<float> shift(C);
    // The first row is near enough to the mean that squares of differences lose nothing.
    for (int64_t c = 0; c < C; ++c) shift[c] = load(in, c);
    const auto sums = summed(rows, [&](int64_t part, float *scratch, double *own) {
        vectorized<add_moments<T>>(in + rows.begin(part) * C, rows.length(part), C,
                                   static_cast<const float *>(shift.data()), scratch, own, own + C);
    });
    const double count = static_cast<double>(rows.count);
    for (int64_t c = 0; c < C; ++c) {
        const double d = sums[c] / count;
        mean[c] = static_cast<float>(shift[c] + d);
        variance[c] = std::max(0.0, sums[C + c] / count - d * d);
    }
}

template <typename T>
void forward(const at::Tensor &x, const at::Tensor &residual, bool relu, const float *scale, const float *shift,
             at::Tensor &y) {
    const Rows rows(x);
    const T *in = x.data_ptr<T>(), *more = residual.defined() ? residual.data_ptr<T>() : nullptr;
    T *out = y.data_ptr<T>();
    each_part(rows.parts, [&](int64_t part) {
        const int64_t at = rows.begin(part) * rows.C, n = rows.length(part);
        const T *add = more ? more + at : nullptr;
        if (more && relu)
            vectorized<transform<T, true, true>>(in + at, add, out + at, n, rows.C, scale, shift);
        else if (more)
            vectorized<transform<T, true, false>>(in + at, add, out + at, n, rows.C, scale, shift);
        else if (relu)
            vectorized<transform<T, false, true>>(in + at, add, out + at, n, rows.C, scale, shift);
        else
            vectorized<transform<T, false, false>>(in + at, add, out + at, n, rows.C, scale, shift);
    });
}

/// What the backward pass is given, in memory with channels innermost.
template <typename T> struct Backward {
    const Rows rows;
    const T *g, *x, *y;
    T *dx, *passed;
    const float *mean, *scale, *shift;

    template <Mask M, bool Keep> std::vector<double> sums() const {
        return summed(rows, [&](int64_t part, float *scratch, double *own) {
            const int64_t at = rows.begin(part) * rows.C;
            vectorized<add_gradients<T, M, Keep>>(g + at, x + at, y ? y + at : y, passed ? passed + at : passed,
                                                  rows.length(part), rows.C, mean, scale, shift, scratch, own,
                                                  own + rows.C);
        });
    }

    template <Mask M>
    void spread(const T *from, const std::vector<float> &slope, const std::vector<float> &offset) const {
        each_part(rows.parts, [&](int64_t part) {
            const int64_t at = rows.begin(part) * rows.C;
            vectorized<spread_gradients<T, M>>(from + at, x + at, dx + at, rows.length(part), rows.C, mean, scale,
                                               shift, slope.data(), offset.data());
        });
    }

    template <Mask M, bool Keep> void scaled() const {
        each_part(rows.parts, [&](int64_t part) {
            const int64_t at = rows.begin(part) * rows.C;
            vectorized<scale_gradients<T, M, Keep>>(g + at, x + at, y ? y + at : y, passed ? passed + at : passed,
                                                    dx + at, rows.length(part), rows.C, scale, shift);
        });
    }

    /// Σ g and Σ g · (x − mean); the masked g goes to `passed`.
    std::vector<double> sums(Mask mask) const {
        if (passed) return sums<Mask::byOutput, true>();
        return mask == Mask::byInput ? sums<Mask::byInput, false>() : sums<Mask::none, false>();
    }

    void spread(Mask mask, const std::vector<float> &slope, const std::vector<float> &offset) const {
        // What was passed on has been masked already.
        if (passed)
            spread<Mask::none>(passed, slope, offset);
        else if (mask == Mask::byInput)
            spread<Mask::byInput>(g, slope, offset);
        else
            spread<Mask::none>(g, slope, offset);
    }

    void scaled(Mask mask) const {
        if (passed)
            scaled<Mask::byOutput, true>();
        else if (mask == Mask::byInput)
            scaled<Mask::byInput, false>();
        else
            scaled<Mask::none, false>();
    }
};

at::Tensor innermost(const at::Tensor &x) {
    return x.contiguous(x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
}

#define EDIY_DISPATCH(x, ...)                                                                                          \
    [&] {                                                                                                              \
        if ((x).scalar_type() == at::kFloat) {                                                                         \
            using scalar_t = float;                                                                                    \
            __VA_ARGS__();                                                                                             \
        } else {                                                                                                       \
            using scalar_t = c10::BFloat16;                                                                            \
            __VA_ARGS__();                                                                                             \
        }                                                                                                              \
    }()

std::tuple<at::Tensor, at::Tensor> fused_batch_norm_cpu(const at::Tensor &x, const at::Tensor &weight,
                                                        const at::Tensor &bias, const at::Tensor &running_mean,
                                                        const at::Tensor &running_var, bool training, double momentum,
                                                        double epsilon, const MaybeTensor &residual_, bool relu) {
    ++kernel_runs(EDIY_KERNEL_BATCH_NORM);
    const Rows rows(x);
    const int64_t C = rows.C;
    const auto residual = residual_.has_value() ? innermost(residual_->to(x.scalar_type())) : at::Tensor();
    // Rows of one tensor: mean, 1 / √(variance + ε), scale, shift.
    auto kept = at::empty({4, C}, at::kFloat);
    float *mean = kept.data_ptr<float>(), *inverse = mean + C, *scale = mean + 2 * C, *shift = mean + 3 * C;
    const float *w = weight.data_ptr<float>(), *b = bias.data_ptr<float>();
    float *rm = running_mean.data_ptr<float>(), *rv = running_var.data_ptr<float>();
    std::vector<float> average(rm, rm + C);
    std::vector<double> variance(rv, rv + C);
    if (training) {
        EDIY_DISPATCH(x, [&] { moments<scalar_t>(x, average, variance); });
        const double n = static_cast<double>(rows.count), m = momentum;
        for (int64_t c = 0; c < C; ++c) {
            rm[c] = static_cast<float>((1 - m) * rm[c] + m * average[c]);
            rv[c] = static_cast<float>((1 - m) * rv[c] + m * variance[c] * n / (n - 1));
        }
    }
    for (int64_t c = 0; c < C; ++c) {
        mean[c] = average[c];
        inverse[c] = static_cast<float>(1 / std::sqrt(variance[c] + epsilon));
        scale[c] = w[c] * inverse[c];
        shift[c] = b[c] - mean[c] * scale[c];
    }
    auto y = at::empty_like(x);
    EDIY_DISPATCH(x, [&] { forward<scalar_t>(x, residual, relu, scale, shift, y); });
    return {y, kept};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>
fused_batch_norm_backward_cpu(const at::Tensor &grad, const at::Tensor &x, const at::Tensor &kept, const MaybeTensor &y,
                              bool training, bool learned, bool relu) {
    ++kernel_runs(EDIY_KERNEL_BATCH_NORM);
    const auto g = innermost(grad);
    const Rows rows(x);
    const int64_t C = rows.C;
    const float *mean = kept.data_ptr<float>(), *inverse = mean + C, *scale = mean + 2 * C, *shift = mean + 3 * C;
    auto dx = at::empty_like(x);
    at::Tensor passed, weight_gradient, bias_gradient;
    if (y.has_value()) passed = at::empty_like(x);
    const Mask mask = !relu ? Mask::none : y.has_value() ? Mask::byOutput : Mask::byInput;
    EDIY_DISPATCH(x, [&] {
        const Backward<scalar_t> work{rows,
                                      g.data_ptr<scalar_t>(),
                                      x.data_ptr<scalar_t>(),
                                      y.has_value() ? y->data_ptr<scalar_t>() : nullptr,
                                      dx.data_ptr<scalar_t>(),
                                      passed.defined() ? passed.data_ptr<scalar_t>() : nullptr,
                                      mean,
                                      scale,
                                      shift};
        std::vector<double> sums;
        if (training || learned) {
            sums = work.sums(mask);
            weight_gradient = at::empty({C}, at::kFloat);
            bias_gradient = at::empty({C}, at::kFloat);
            for (int64_t c = 0; c < C; ++c) {
                weight_gradient.data_ptr<float>()[c] = static_cast<float>(sums[C + c] * inverse[c]);
                bias_gradient.data_ptr<float>()[c] = static_cast<float>(sums[c]);
            }
        }
        if (!training) return work.scaled(mask);
        std::vector<float> slope(C), offset(C);
        const double n = static_cast<double>(rows.count);
        for (int64_t c = 0; c < C; ++c) {
            slope[c] = static_cast<float>(-scale[c] * static_cast<double>(inverse[c]) * inverse[c] * sums[C + c] / n);
            offset[c] = static_cast<float>(-scale[c] * sums[c] / n);
        }
        work.spread(mask, slope, offset);
    });
    return {dx, weight_gradient, bias_gradient, passed};
}

} // namespace

TORCH_LIBRARY_IMPL(ediy, CPU, m) {
    m.impl("fused_batch_norm", fused_batch_norm_cpu);
    m.impl("fused_batch_norm_backward", fused_batch_norm_backward_cpu);
}

} // namespace ediy
