// The 3×3 convolution of stride 1 that keeps the size, by minimal filtering (see the page of this room): what is
// convolved and the weights are spread to the places of tiles, and matrix products over all tiles, one a place, do the
// convolution's work. In float32 by F(2×2, 3×3). In bfloat16 by F(4×4, 3×3): values are widened, multiplied and summed
// in float32, and rounded once.
//
// Channels are innermost. N images, C channels in, O out; K places of a tile. Each result is summed by one thread in
// one order, whatever their number.
#include "operators/cpu/FilteredConvolution.h"

#include <torch/library.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <vector>

#include "operators/Kernels.h"
#include "operators/cpu/Gemm.h"
#include "operators/cpu/Threads.h"
#include "operators/cpu/Tiles.h"

namespace ediy {
namespace {

/// The convolution of numbers of T by tiles of m × m; weights and what their gradient is made of are float32.
template <int m, typename T> struct Filtered {
    static constexpr int64_t K = Places<m>::K;
    /// Channels whose weights' gradient one product makes, whatever the number of threads: OpenBLAS's sums depend on
    /// its size.
    static constexpr int64_t unit = Places<m>::is_panels ? panel : 64;

    static const T *numbers(const at::Tensor &x) { return x.data_ptr<T>(); }
    static float *floats(const at::Tensor &x) { return x.data_ptr<float>(); }

    /// (O, C, 3, 3) with channels innermost → (K, C, O), or the other way (K, O, C)
    template <bool isGradient> static at::Tensor spread(const at::Tensor &weight, Places<m> places) {
        auto u = at::empty({places.size()}, weight.options());
        constexpr int64_t side = Filter<m>::lanes;
        parallel(places.rows / side, std::max<int64_t>(1, 1024 / places.columns), [&](int64_t begin, int64_t end) {
            vectorized<spread_weights<m, T, isGradient>>(static_cast<const float *>(floats(weight)), begin * side,
                                                         end * side, places, floats(u));
        });
        return u;
    }

    /// Tiles that are worked on at once: as many as caches hold, the same with any number of threads.
    static int64_t block(int64_t tiles) {
        constexpr int64_t most = m == 2 ? 128 : 64;
        return tiles >= 4 * most ? most : (tiles + 3) / 4;
    }

    /// `count` tiles in the rows that a product takes.
    static Places<m> rows(int64_t count, int64_t channels) {
        return {Places<m>::is_panels ? (count + group - 1) / group * group : count, channels};
    }

    /// p (K, rows, J) = v (K, rows, I) · u (K, I, J), each place of its own.
    static void multiply(const float *v, Places<m> of_v, const float *u, Places<m> of_u, float *p, Places<m> of_p) {
        const int64_t I = of_u.rows, J = of_u.columns;
        for (int64_t k = 0; k < K; ++k, v += of_v.stride(), u += of_u.stride(), p += of_p.stride())
            if constexpr (Places<m>::is_panels)
                vectorized<multiply_panels>(of_v.rows, J, I, v, u, p);
            else
                gemm(of_v.rows, J, I, {v, I, false}, {u, J, false}, 0, p, J);
    }

    /// x (N, I, H, W) convolved → (N, J, H, W): by weights (J, I, 3, 3), or where `isGradient` the other way by (I, J,
    /// 3, 3).
    template <bool isGradient>
    static at::Tensor convolved(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias) {
        const int64_t I = x.size(1), J = weight.size(isGradient ? 1 : 0);
        const Tiles<m> tiles(x.size(0), x.size(2), x.size(3));
        const Places<m> of_u{I, J};
        const auto u = spread<isGradient>(weight, of_u);
        auto y = at::empty({tiles.N, J, tiles.H, tiles.W}, x.options().memory_format(at::MemoryFormat::ChannelsLast));
        const std::vector<T> zeros(I, T(0.f));
        const std::vector<float> none(J, 0.f);
        const float *offset = bias.defined() ? floats(bias) : none.data();
        const int64_t length = block(tiles.count), blocks = (tiles.count + length - 1) / length,
                      parts = part_count(blocks, 1);
        each_part(parts, [&](int64_t part) {
            auto scratch = at::empty({rows(length, I).size() + rows(length, J).size()}, u.options());
            float *v = floats(scratch), *p = v + rows(length, I).size();
            for (int64_t b = blocks * part / parts; b < blocks * (part + 1) / parts; ++b) {
                const int64_t first = b * length, count = std::min(length, tiles.count - first);
                const Places<m> of_v = rows(count, I), of_p = rows(count, J);
                vectorized<spread_tiles<m, T, false>>(numbers(x), of_v.columns, tiles, first, count, zeros.data(), of_v,
                                                      v);
                multiply(v, of_v, floats(u), of_u, p, of_p);
                vectorized<gather_pixels<m, T>>(static_cast<const float *>(p), of_p, tiles, first, count, offset,
                                                y.template data_ptr<T>());
            }
        });
        return y;
    }

    /// The gradient of (O, C, 3, 3) weights, from what was convolved and the gradient of the result. Shares of the
    /// tiles have sums of their own, so that what a thread has spread no other one reads: their number is the shape's,
    /// not the threads', of which several take channels of one share.
    static at::Tensor weight_gradient(const at::Tensor &x, const at::Tensor &g) {
        const int64_t C = x.size(1), O = g.size(1);
        const Tiles<m> tiles(x.size(0), x.size(2), x.size(3));
        const std::vector<T> zeros(std::max(C, O), T(0.f));
        int64_t shares = 8;
        while (shares > 2 && shares * K * O * C > 1 << 20) shares /= 2;
        shares = std::min(shares, tiles.count);
        auto u =
            at::empty({shares, K, O, C}, x.options().dtype(at::kFloat).memory_format(at::MemoryFormat::Contiguous));
        const int64_t units = (O + unit - 1) / unit,
                      groups = std::min(units, (at::get_num_threads() + shares - 1) / shares);
        // As many tiles at once as move as many numbers as the sums that they are added to.
        const int64_t length = std::max(O * C / (O + C) / group * group, group);
        const auto channel = [&](int64_t taken) { return std::min(O, units * taken / groups * unit); };
        parallel(shares * groups, 1, [&](int64_t begin, int64_t end) {
            for (int64_t task = begin; task < end; ++task) {
                const int64_t share = task / groups, o = channel(task % groups), width = channel(task % groups + 1) - o;
                const int64_t from = tiles.count * share / shares, to = tiles.count * (share + 1) / shares;
                auto scratch = at::empty({rows(length, C).size() + rows(length, width).size()}, u.options());
                float *v = floats(scratch), *d = v + rows(length, C).size();
                for (int64_t first = from; first < to; first += length) {
                    const int64_t count = std::min(length, to - first);
                    const Places<m> of_v = rows(count, C), of_d = rows(count, width);
                    vectorized<spread_tiles<m, T, false>>(numbers(x), of_v.columns, tiles, first, count, zeros.data(),
                                                          of_v, v);
                    vectorized<spread_tiles<m, T, true>>(numbers(g) + o, O, tiles, first, count, zeros.data(), of_d, d);
                    for (int64_t k = 0; k < K; ++k)
                        multiply_transposed(count, d + k * of_d.stride(), of_d, v + k * of_v.stride(), of_v,
                                            first > from, floats(u) + ((share * K + k) * O + o) * C);
                }
            }
        });
        auto w = at::empty({O, C, 3, 3}, u.options().memory_format(at::MemoryFormat::ChannelsLast));
        parallel(O, std::max<int64_t>(1, 16384 / C), [&](int64_t begin, int64_t end) {
            vectorized<gather_weights<m>>(static_cast<const float *>(floats(u)), shares, O, C, begin, end, floats(w));
        });
        return w;
    }

    /// u (O, C) (+)= dᵀ · v, one place of d (rows, O) and v (rows, C), of which `count` rows count.
    static void multiply_transposed(int64_t count, const float *d, Places<m> of_d, const float *v, Places<m> of_v,
                                    bool adds, float *u) {
        const int64_t O = of_d.columns, C = of_v.columns;
        if constexpr (Places<m>::is_panels)
            vectorized<multiply_transposed_panels>(O, C, count, of_v.rows, d, v, adds, u, C);
        else
            for (int64_t o = 0; o < O; o += unit)
                gemm(std::min(unit, O - o), C, count, {d + o, O, true}, {v, C, false}, adds ? 1 : 0, u + o * C, C);
    }
};

/// x and the result are of T, weights and bias of float32.
template <int m, typename T>
std::tuple<at::Tensor, at::Tensor, at::Tensor> gradients(const at::Tensor &g, const at::Tensor &x,
                                                         const at::Tensor &weight, std::array<bool, 3> mask) {
    at::Tensor dx, dw, db;
    if (mask[0]) dx = Filtered<m, T>::template convolved<true>(g, weight, at::Tensor());
    if (mask[1]) dw = Filtered<m, T>::weight_gradient(x, g);
    if (mask[2]) db = g.sum(at::IntArrayRef{0, 2, 3}, false, at::kFloat);
    return {dx, dw, db};
}

at::Tensor filtered_conv_cpu(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias) {
    const bool is_float = x.scalar_type() == at::kFloat;
    ++kernel_runs(is_float ? EDIY_KERNEL_FILTERED_2X2 : EDIY_KERNEL_FILTERED_4X4);
    const auto offset = bias.value_or(at::Tensor());
    return is_float ? Filtered<2, float>::convolved<false>(x, weight, offset)
                    : Filtered<4, c10::BFloat16>::convolved<false>(x, weight, offset);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> filtered_conv_backward_cpu(const at::Tensor &grad, const at::Tensor &x,
                                                                          const at::Tensor &weight,
                                                                          std::array<bool, 3> mask) {
    const bool is_float = x.scalar_type() == at::kFloat;
    ++kernel_runs(is_float ? EDIY_KERNEL_FILTERED_2X2 : EDIY_KERNEL_FILTERED_4X4);
    const auto g = grad.contiguous(at::MemoryFormat::ChannelsLast);
    return is_float ? gradients<2, float>(g, x, weight, mask) : gradients<4, c10::BFloat16>(g, x, weight, mask);
}

/// Whether the loops above take these; with few channels the transforms cost what they save.
bool takes(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias, int64_t channels) {
    const auto is_numbers = [](const at::Tensor &t) {
        return t.device().is_cpu() && t.scalar_type() == at::kFloat && t.numel() > 0;
    };
    constexpr int64_t least = 32;
    return x.device().is_cpu() && x.numel() > 0 && is_numbers(weight) && x.dim() == 4 && weight.dim() == 4 &&
           x.size(1) == weight.size(1) && weight.size(2) == 3 && weight.size(3) == 3 &&
           weight.size(0) % channels == 0 && weight.size(1) % channels == 0 && weight.size(0) >= least &&
           weight.size(1) >= least && x.is_contiguous(at::MemoryFormat::ChannelsLast) &&
           weight.is_contiguous(at::MemoryFormat::ChannelsLast) &&
           (!bias.has_value() || !bias->defined() || (is_numbers(*bias) && bias->is_contiguous()));
}

/// Whether filtering in float32 outruns bfloat16's own products: of vectors of 512 bits it does; of AMX's tiles, at
/// eight times float32's rate, it does not.
bool outruns_bfloat16() {
#if defined(__x86_64__)
    static const bool has_tiles = [] {
        unsigned a = 0, b = 0, c = 0, d = 0;
        return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d >> 22 & 1);
    }();
    return vector_level() == EDIY_VECTORS_AVX512 && !has_tiles;
#else
    return false;
#endif
}

} // namespace

bool filters_float(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias) {
    return x.scalar_type() == at::kFloat && sgemm() && takes(x, weight, bias, Filter<2>::lanes);
}

bool filters_bfloat16(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias) {
    // With few tiles, spreading the weights costs what is saved.
    constexpr int64_t least = 128;
    return outruns_bfloat16() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) &&
           takes(x, weight, bias, panel) && Tiles<4>(x.size(0), x.size(2), x.size(3)).count >= least;
}

TORCH_LIBRARY_IMPL(ediy, CPU, m) {
    m.impl("filtered_conv", filtered_conv_cpu);
    m.impl("filtered_conv_backward", filtered_conv_backward_cpu);
}

} // namespace ediy
