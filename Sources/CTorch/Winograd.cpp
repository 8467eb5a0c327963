// ediy::conv3x3: the 3×3 convolution of stride 1 that keeps the size, by Winograd's minimal filtering: what is convolved and the
// weights are spread to the places of tiles, and matrix products over all tiles, one a place, do the convolution's work. In
// float32, 16 products a pair of channels for 2×2 results instead of 36. In bfloat16, values are widened, multiplied and summed in
// float32, and rounded once: 36 products for 4×4 results instead of 144, at no less than half the rate of bfloat16's own.
// Source: Lavin and Gray 2016 (arXiv 1509.09308), section 4.
//
// On CPUs with channels innermost; anything else is libtorch's own. N images, C channels in, O out; K places of a tile. Each
// result is summed by one thread in one order, whatever their number.
#include <torch/library.h>
#include <torch/torch.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <vector>

#include "Autocast.h"
#include "Gemm.h"
#include "Threads.h"
#include "Tiles.h"

namespace ediy {
namespace {

/// The convolution of numbers of T by tiles of m × m; weights and what their gradient is made of are float32.
template <int m, typename T>
struct Filtered {
    static constexpr int64_t K = Places<m>::K;
    /// Channels whose weights' gradient one product makes, whatever the number of threads: OpenBLAS's sums depend on its size.
    static constexpr int64_t unit = Places<m>::is_panels ? panel : 64;

    static const T *numbers(const at::Tensor &x) { return x.data_ptr<T>(); }
    static float *floats(const at::Tensor &x) { return x.data_ptr<float>(); }

    /// (O, C, 3, 3) with channels innermost → (K, C, O), or the other way (K, O, C)
    template <bool isGradient>
    static at::Tensor spread(const at::Tensor &weight, Places<m> places) {
        auto u = at::empty({places.size()}, weight.options());
        constexpr int64_t side = Filter<m>::lanes;
        parallel(places.rows / side, std::max<int64_t>(1, 1024 / places.columns), [&](int64_t begin, int64_t end) {
            vectorized<spread_weights<m, T, isGradient>>(
                static_cast<const float *>(floats(weight)), begin * side, end * side, places, floats(u));
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
            if constexpr (Places<m>::is_panels) vectorized<multiply_panels>(of_v.rows, J, I, v, u, p);
            else gemm(of_v.rows, J, I, {v, I, false}, {u, J, false}, 0, p, J);
    }

    /// x (N, I, H, W) convolved → (N, J, H, W): by weights (J, I, 3, 3), or where `isGradient` the other way by (I, J, 3, 3).
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
        const int64_t length = block(tiles.count), blocks = (tiles.count + length - 1) / length, parts = part_count(blocks, 1);
        each_part(parts, [&](int64_t part) {
            auto scratch = at::empty({rows(length, I).size() + rows(length, J).size()}, u.options());
            float *v = floats(scratch), *p = v + rows(length, I).size();
            for (int64_t b = blocks * part / parts; b < blocks * (part + 1) / parts; ++b) {
                const int64_t first = b * length, count = std::min(length, tiles.count - first);
                const Places<m> of_v = rows(count, I), of_p = rows(count, J);
                vectorized<spread_tiles<m, T, false>>(numbers(x), of_v.columns, tiles, first, count, zeros.data(), of_v, v);
                multiply(v, of_v, floats(u), of_u, p, of_p);
                vectorized<gather_pixels<m, T>>(
                    static_cast<const float *>(p), of_p, tiles, first, count, offset, y.template data_ptr<T>());
            }
        });
        return y;
    }

    /// The gradient of (O, C, 3, 3) weights, from what was convolved and the gradient of the result. Shares of the tiles have sums
    /// of their own, so that what a thread has spread no other one reads: their number is the shape's, not the threads', of
    /// which several take channels of one share.
    static at::Tensor weight_gradient(const at::Tensor &x, const at::Tensor &g) {
        const int64_t C = x.size(1), O = g.size(1);
        const Tiles<m> tiles(x.size(0), x.size(2), x.size(3));
        const std::vector<T> zeros(std::max(C, O), T(0.f));
        int64_t shares = 8;
        while (shares > 2 && shares * K * O * C > 1 << 20) shares /= 2;
        shares = std::min(shares, tiles.count);
        auto u = at::empty({shares, K, O, C}, x.options().dtype(at::kFloat).memory_format(at::MemoryFormat::Contiguous));
        const int64_t units = (O + unit - 1) / unit, groups = std::min(units, (at::get_num_threads() + shares - 1) / shares);
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
                    vectorized<spread_tiles<m, T, false>>(numbers(x), of_v.columns, tiles, first, count, zeros.data(), of_v, v);
                    vectorized<spread_tiles<m, T, true>>(numbers(g) + o, O, tiles, first, count, zeros.data(), of_d, d);
                    for (int64_t k = 0; k < K; ++k)
                        multiply_transposed(count, d + k * of_d.stride(), of_d, v + k * of_v.stride(), of_v, first > from,
                                            floats(u) + ((share * K + k) * O + o) * C);
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
    static void multiply_transposed(
        int64_t count, const float *d, Places<m> of_d, const float *v, Places<m> of_v, bool adds, float *u) {
        const int64_t O = of_d.columns, C = of_v.columns;
        if constexpr (Places<m>::is_panels) vectorized<multiply_transposed_panels>(O, C, count, of_v.rows, d, v, adds, u, C);
        else
            for (int64_t o = 0; o < O; o += unit)
                gemm(std::min(unit, O - o), C, count, {d + o, O, true}, {v, C, false}, adds ? 1 : 0, u + o * C, C);
    }
};

/// x and the result are of T, weights and bias of float32.
template <int m, typename T>
class Conv3x3 : public torch::autograd::Function<Conv3x3<m, T>> {
  public:
    static at::Tensor forward(torch::autograd::AutogradContext *ctx, const at::Tensor &x, const at::Tensor &weight,
                              const c10::optional<at::Tensor> &bias) {
        ctx->save_for_backward({x, weight});
        ctx->saved_data["x"] = x.requires_grad();
        ctx->saved_data["weight"] = weight.requires_grad();
        ctx->saved_data["bias"] = bias.has_value() && bias->defined() && bias->requires_grad();
        return Filtered<m, T>::template convolved<false>(x, weight, bias.value_or(at::Tensor()));
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *ctx,
                                                   torch::autograd::variable_list grads) {
        const auto saved = ctx->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1];
        const auto g = grads[0].contiguous(at::MemoryFormat::ChannelsLast);
        at::Tensor dx, dw, db;
        if (ctx->saved_data["x"].toBool()) dx = Filtered<m, T>::template convolved<true>(g, weight, at::Tensor());
        if (ctx->saved_data["weight"].toBool()) dw = Filtered<m, T>::weight_gradient(x, g);
        if (ctx->saved_data["bias"].toBool()) db = g.sum(at::IntArrayRef{0, 2, 3}, false, at::kFloat);
        return {dx, dw, db};
    }
};

/// Whether these are tensors that the loops above are for; with few channels the transforms cost what they save.
bool is_ours(const at::Tensor &x, const at::Tensor &weight, const c10::optional<at::Tensor> &bias, int64_t channels) {
    const auto is_numbers = [](const at::Tensor &t) { return t.device().is_cpu() && t.scalar_type() == at::kFloat && t.numel() > 0; };
    constexpr int64_t least = 32;
    return x.device().is_cpu() && x.numel() > 0 && is_numbers(weight) && x.dim() == 4 && weight.dim() == 4 &&
           x.size(1) == weight.size(1) && weight.size(2) == 3 && weight.size(3) == 3 && weight.size(0) % channels == 0 &&
           weight.size(1) % channels == 0 && weight.size(0) >= least && weight.size(1) >= least &&
           x.is_contiguous(at::MemoryFormat::ChannelsLast) && weight.is_contiguous(at::MemoryFormat::ChannelsLast) &&
           (!bias.has_value() || !bias->defined() || (is_numbers(*bias) && bias->is_contiguous()));
}

/// Whether filtering in float32 outruns bfloat16's own products: of vectors of 512 bits it does; of AMX's tiles, at eight times
/// float32's rate, it does not.
bool filters_bfloat16() {
#if defined(__x86_64__)
    static const bool does = [] {
        unsigned a = 0, b = 0, c = 0, d = 0;
        const bool has_tiles = __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d >> 22 & 1);
        return vector_level() == 2 && !has_tiles;
    }();
    return does;
#else
    return false;
#endif
}

at::Tensor conv3x3(const at::Tensor &x, const at::Tensor &weight, const c10::optional<at::Tensor> &bias) {
    const bool is_float = x.scalar_type() == at::kFloat;
    if (is_autocast()) {
        // With few tiles, spreading the weights costs what is saved.
        constexpr int64_t least = 128;
        if (is_bfloat16_autocast() && filters_bfloat16() && (is_float || x.scalar_type() == at::kBFloat16) &&
            is_ours(x, weight, bias, panel) && Tiles<4>(x.size(0), x.size(2), x.size(3)).count >= least)
            return Conv3x3<4, c10::BFloat16>::apply(x.to(at::kBFloat16), weight, bias);
    } else if (is_float && sgemm() && is_ours(x, weight, bias, Filter<2>::lanes)) {
        return Conv3x3<2, float>::apply(x, weight, bias);
    }
    return at::conv2d(x, weight, bias, /*stride=*/1, /*padding=*/1);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(ediy, m) {
    m.def("conv3x3(Tensor x, Tensor weight, Tensor? bias=None) -> Tensor", conv3x3);
}

}  // namespace ediy
