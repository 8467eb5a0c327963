// ediy::conv3x3: the 3×3 convolution of stride 1 that keeps the size, by Winograd's minimal filtering: for each 2×2 pixels of the
// result 16 products a pair of channels instead of 36, as 16 matrix products over all tiles. Source: Lavin and Gray 2016 (arXiv
// 1509.09308), section 4.1, F(2×2, 3×3), whose transforms add and halve, so that little is lost to rounding.
//
// For float32 on CPUs with channels innermost; anything else is libtorch's own. N images, C channels in, O out; K = 16 places of
// a tile. Each result is summed by one thread in one order, whatever their number.
#include <ATen/autocast_mode.h>
#include <torch/library.h>
#include <torch/torch.h>

#include <vector>

#include "Gemm.h"
#include "Threads.h"
#include "Vectors.h"

namespace ediy {
namespace {

constexpr int64_t lanes = 8;
typedef float Lanes __attribute__((vector_size(lanes * sizeof(float)), aligned(sizeof(float)), may_alias));

EDIY_INLINE Lanes &at(float *p) { return *reinterpret_cast<Lanes *>(p); }
EDIY_INLINE const Lanes &at(const float *p) { return *reinterpret_cast<const Lanes *>(p); }

/// The tiles of 2×2 pixels that cover N pictures of H × W, in rows.
struct Tiles {
    int64_t N, H, W, rows, columns, count;

    Tiles(int64_t N, int64_t H, int64_t W)
        : N(N), H(H), W(W), rows((H + 1) / 2), columns((W + 1) / 2), count(N * rows * columns) {}

    /// Where a tile's first pixel is: image · H · W + y · W + x, and y, x.
    EDIY_INLINE int64_t place(int64_t tile, int64_t &y, int64_t &x) const {
        const int64_t image = tile / (rows * columns), inside = tile % (rows * columns);
        y = inside / columns * 2;
        x = inside % columns * 2;
        return (image * H + y) * W + x;
    }
};

/// Bᵀ d B of each tile's 4×4 pixels d, which begin one before the tile's own: x (N · H · W, C) → v (16, count, C). `zeros` has C.
EDIY_INLINE void spread_pixels(const float *x, Tiles tiles, int64_t C, int64_t first, int64_t count, const float *zeros,
                               float *v) {
    for (int64_t t = 0; t < count; ++t) {
        int64_t y, column;
        const float *corner = x + tiles.place(first + t, y, column) * C;
        const float *d[4][4];
        for (int64_t i = 0; i < 4; ++i)
            for (int64_t j = 0; j < 4; ++j) {
                const int64_t py = y + i - 1, px = column + j - 1;
                const bool inside = py >= 0 && py < tiles.H && px >= 0 && px < tiles.W;
                d[i][j] = inside ? corner + ((i - 1) * tiles.W + j - 1) * C : zeros;
            }
        float *to = v + t * C;
        const int64_t K = count * C;
        for (int64_t c = 0; c < C; c += lanes) {
            Lanes r[4][4];
            for (int j = 0; j < 4; ++j) {
                const Lanes a = at(d[0][j] + c), b = at(d[1][j] + c), e = at(d[2][j] + c), f = at(d[3][j] + c);
                r[0][j] = a - e;
                r[1][j] = b + e;
                r[2][j] = e - b;
                r[3][j] = b - f;
            }
            for (int i = 0; i < 4; ++i) {
                float *row = to + 4 * i * K + c;
                at(row) = r[i][0] - r[i][2];
                at(row + K) = r[i][1] + r[i][2];
                at(row + 2 * K) = r[i][2] - r[i][1];
                at(row + 3 * K) = r[i][1] - r[i][3];
            }
        }
    }
}

/// A g Aᵀ of each tile's 2×2 gradients g: g (N · H · W, O) → v (16, count, O). `zeros` has O.
EDIY_INLINE void spread_gradients(const float *g, Tiles tiles, int64_t O, int64_t first, int64_t count, const float *zeros,
                                  float *v) {
    for (int64_t t = 0; t < count; ++t) {
        int64_t y, column;
        const float *p = g + tiles.place(first + t, y, column) * O;
        const bool right = column + 1 < tiles.W, below = y + 1 < tiles.H;
        const float *a = p, *b = right ? p + O : zeros, *d = below ? p + tiles.W * O : zeros,
                    *e = right && below ? p + (tiles.W + 1) * O : zeros;
        float *to = v + t * O;
        const int64_t K = count * O;
        for (int64_t c = 0; c < O; c += lanes) {
            const Lanes ga = at(a + c), gb = at(b + c), gd = at(d + c), ge = at(e + c);
            const Lanes r[4][2] = {{ga, gb}, {ga + gd, gb + ge}, {ga - gd, gb - ge}, {-gd, -ge}};
            for (int i = 0; i < 4; ++i) {
                float *row = to + 4 * i * K + c;
                at(row) = r[i][0];
                at(row + K) = r[i][0] + r[i][1];
                at(row + 2 * K) = r[i][0] - r[i][1];
                at(row + 3 * K) = -r[i][1];
            }
        }
    }
}

/// Aᵀ m A + bias: m (16, count, O) → the tiles' pixels of y (N · H · W, O).
EDIY_INLINE void gather_pixels(const float *m, Tiles tiles, int64_t O, int64_t first, int64_t count, const float *bias, float *y) {
    for (int64_t t = 0; t < count; ++t) {
        int64_t top, left;
        float *to = y + tiles.place(first + t, top, left) * O;
        const bool right = left + 1 < tiles.W, below = top + 1 < tiles.H;
        const float *from = m + t * O;
        const int64_t K = count * O;
        for (int64_t c = 0; c < O; c += lanes) {
            Lanes r[2][4];
            for (int j = 0; j < 4; ++j) {
                const float *p = from + j * K + c;
                const Lanes b = at(p + 4 * K), e = at(p + 8 * K);
                r[0][j] = at(p) + b + e;
                r[1][j] = b - e - at(p + 12 * K);
            }
            const Lanes offset = at(bias + c);
            at(to + c) = r[0][0] + r[0][1] + r[0][2] + offset;
            if (right) at(to + O + c) = r[0][1] - r[0][2] - r[0][3] + offset;
            if (below) at(to + tiles.W * O + c) = r[1][0] + r[1][1] + r[1][2] + offset;
            if (right && below) at(to + (tiles.W + 1) * O + c) = r[1][1] - r[1][2] - r[1][3] + offset;
        }
    }
}

/// G w Gᵀ of each pair of channels: w (rows, 9, C) of `rows` channels out → u (16, O, C), from row `first` on.
EDIY_INLINE void spread_weights(const float *w, int64_t first, int64_t rows, int64_t O, int64_t C, float *u) {
    for (int64_t o = first; o < first + rows; ++o)
        for (int64_t c = 0; c < C; c += lanes) {
            Lanes r[4][3];
            for (int j = 0; j < 3; ++j) {
                const float *p = w + (o * 9 + j) * C + c;
                const Lanes a = at(p), b = at(p + 3 * C), e = at(p + 6 * C), half = (a + e) * 0.5f;
                r[0][j] = a;
                r[1][j] = half + b * 0.5f;
                r[2][j] = half - b * 0.5f;
                r[3][j] = e;
            }
            for (int i = 0; i < 4; ++i) {
                float *to = u + (4 * i * O + o) * C + c;
                const int64_t K = O * C;
                const Lanes half = (r[i][0] + r[i][2]) * 0.5f;
                at(to) = r[i][0];
                at(to + K) = half + r[i][1] * 0.5f;
                at(to + 2 * K) = half - r[i][1] * 0.5f;
                at(to + 3 * K) = r[i][2];
            }
        }
}

/// Gᵀ u G: the gradients of what `spread_weights` spreads.
EDIY_INLINE void gather_weights(const float *u, int64_t first, int64_t rows, int64_t O, int64_t C, float *w) {
    for (int64_t o = first; o < first + rows; ++o)
        for (int64_t c = 0; c < C; c += lanes) {
            Lanes r[3][4];
            const int64_t K = O * C;
            for (int j = 0; j < 4; ++j) {
                const float *p = u + (j * O + o) * C + c;
                const Lanes a = at(p), b = at(p + 4 * K), e = at(p + 8 * K), f = at(p + 12 * K);
                r[0][j] = a + (b + e) * 0.5f;
                r[1][j] = (b - e) * 0.5f;
                r[2][j] = (b + e) * 0.5f + f;
            }
            for (int i = 0; i < 3; ++i) {
                float *to = w + (o * 9 + 3 * i) * C + c;
                at(to) = r[i][0] + (r[i][1] + r[i][2]) * 0.5f;
                at(to + C) = (r[i][1] - r[i][2]) * 0.5f;
                at(to + 2 * C) = (r[i][1] + r[i][2]) * 0.5f + r[i][3];
            }
        }
}

/// (N, C, H, W) with channels innermost: its numbers.
const float *numbers(const at::Tensor &x) { return x.data_ptr<float>(); }

/// (O, C, 3, 3) with channels innermost → (16, O, C)
at::Tensor spread(const at::Tensor &weight) {
    const int64_t O = weight.size(0), C = weight.size(1);
    auto u = at::empty({16, O, C}, weight.options().memory_format(at::MemoryFormat::Contiguous));
    parallel(O, std::max<int64_t>(1, 16384 / C), [&](int64_t begin, int64_t end) {
        vectorized<spread_weights>(numbers(weight), begin, end - begin, O, C, u.data_ptr<float>());
    });
    return u;
}

/// Tiles that are worked on at once: as many as caches hold, the same with any number of threads.
int64_t block(int64_t tiles) { return tiles >= 512 ? 128 : (tiles + 3) / 4; }

/// x (N, I, H, W) convolved → (N, J, H, W): by u (16, J, I), or where `isGradient` the other way, u being (16, I, J).
at::Tensor convolved(const at::Tensor &x, const at::Tensor &u, const at::Tensor &bias, bool isGradient) {
    const int64_t I = x.size(1), J = u.size(isGradient ? 2 : 1);
    const Tiles tiles(x.size(0), x.size(2), x.size(3));
    auto y = at::empty({tiles.N, J, tiles.H, tiles.W}, x.options().memory_format(at::MemoryFormat::ChannelsLast));
    const std::vector<float> zeros(std::max(I, J), 0.f);
    const float *offset = bias.defined() ? numbers(bias) : zeros.data();
    const int64_t length = block(tiles.count), blocks = (tiles.count + length - 1) / length, parts = part_count(blocks, 1);
    each_part(parts, [&](int64_t part) {
        auto scratch = at::empty({16 * length * (I + J)}, u.options());
        float *v = scratch.data_ptr<float>(), *m = v + 16 * length * I;
        for (int64_t b = blocks * part / parts; b < blocks * (part + 1) / parts; ++b) {
            const int64_t first = b * length, count = std::min(length, tiles.count - first);
            vectorized<spread_pixels>(numbers(x), tiles, I, first, count, zeros.data(), v);
            for (int64_t k = 0; k < 16; ++k) {
                // Turned around, a kernel has the first of each four places for the last.
                const auto turned = [](int64_t i) { return i == 0 ? 3 : i == 3 ? 0 : i; };
                const int64_t place = isGradient ? 4 * turned(k / 4) + turned(k % 4) : k;
                const Matrix weights{numbers(u) + place * I * J, isGradient ? J : I, !isGradient};
                gemm(count, J, I, {v + k * count * I, I, false}, weights, 0, m + k * count * J, J);
            }
            vectorized<gather_pixels>(static_cast<const float *>(m), tiles, J, first, count, offset, y.data_ptr<float>());
        }
    });
    return y;
}

/// The gradient of (O, C, 3, 3) weights, from what was convolved and the gradient of the result.
at::Tensor weight_gradient(const at::Tensor &x, const at::Tensor &g) {
    const int64_t C = x.size(1), O = g.size(1);
    const Tiles tiles(x.size(0), x.size(2), x.size(3));
    const std::vector<float> zeros(std::max(C, O), 0.f);
    const int64_t length = std::min<int64_t>(tiles.count, 512);
    auto u = at::zeros({16, O, C}, x.options().memory_format(at::MemoryFormat::Contiguous));
    auto scratch = at::empty({16 * length * (C + O)}, u.options());
    float *v = scratch.data_ptr<float>(), *d = v + 16 * length * C;
    for (int64_t first = 0; first < tiles.count; first += length) {
        const int64_t count = std::min(length, tiles.count - first);
        // Tiles are shared out in fours, each with room for its own: (quarter, 16, tiles, channels).
        const auto quarter = [&](int64_t q) { return count * q / 4; };
        const int64_t parts = part_count(4, 1);
        each_part(parts, [&](int64_t part) {
            for (int64_t q = 4 * part / parts; q < 4 * (part + 1) / parts; ++q) {
                const int64_t from = quarter(q), own = quarter(q + 1) - from;
                vectorized<spread_pixels>(numbers(x), tiles, C, first + from, own, zeros.data(), v + 16 * from * C);
                vectorized<spread_gradients>(numbers(g), tiles, O, first + from, own, zeros.data(), d + 16 * from * O);
            }
        });
        const int64_t shares = part_count(16, 1);
        each_part(shares, [&](int64_t share) {
            for (int64_t k = 16 * share / shares; k < 16 * (share + 1) / shares; ++k)
                for (int64_t q = 0; q < 4; ++q) {
                    const int64_t from = quarter(q), own = quarter(q + 1) - from;
                    if (own == 0) continue;
                    gemm(O, C, own, {d + 16 * from * O + k * own * O, O, true}, {v + 16 * from * C + k * own * C, C, false}, 1,
                         u.data_ptr<float>() + k * O * C, C);
                }
        });
    }
    auto w = at::empty({O, C, 3, 3}, x.options().memory_format(at::MemoryFormat::ChannelsLast));
    parallel(O, std::max<int64_t>(1, 16384 / C), [&](int64_t begin, int64_t end) {
        vectorized<gather_weights>(numbers(u), begin, end - begin, O, C, w.data_ptr<float>());
    });
    return w;
}

class Conv3x3 : public torch::autograd::Function<Conv3x3> {
  public:
    static at::Tensor forward(torch::autograd::AutogradContext *ctx, const at::Tensor &x, const at::Tensor &weight,
                              const c10::optional<at::Tensor> &bias) {
        ctx->save_for_backward({x, weight});
        ctx->saved_data["x"] = x.requires_grad();
        ctx->saved_data["weight"] = weight.requires_grad();
        ctx->saved_data["bias"] = bias.has_value() && bias->defined() && bias->requires_grad();
        return convolved(x, spread(weight), bias.value_or(at::Tensor()), false);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *ctx,
                                                   torch::autograd::variable_list grads) {
        const auto saved = ctx->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1];
        const auto g = grads[0].contiguous(at::MemoryFormat::ChannelsLast);
        at::Tensor dx, dw, db;
        if (ctx->saved_data["x"].toBool()) dx = convolved(g, spread(weight), at::Tensor(), true);
        if (ctx->saved_data["weight"].toBool()) dw = weight_gradient(x, g);
        if (ctx->saved_data["bias"].toBool()) db = g.sum(at::IntArrayRef{0, 2, 3});
        return {dx, dw, db};
    }
};

bool is_autocast() {
#if TORCH_VERSION_MAJOR >= 2
    return at::autocast::is_autocast_enabled(at::kCPU);
#else
    return at::autocast::is_cpu_enabled();
#endif
}

/// Whether these are tensors that the loops above are for; with few channels the transforms cost what they save.
bool is_ours(const at::Tensor &x, const at::Tensor &weight, const c10::optional<at::Tensor> &bias) {
    const auto is_numbers = [](const at::Tensor &t) { return t.device().is_cpu() && t.scalar_type() == at::kFloat && t.numel() > 0; };
    constexpr int64_t least = 32;
    return sgemm() && is_numbers(x) && is_numbers(weight) && x.dim() == 4 && weight.dim() == 4 && x.size(1) == weight.size(1) &&
           weight.size(2) == 3 && weight.size(3) == 3 && weight.size(0) % lanes == 0 && weight.size(1) % lanes == 0 &&
           weight.size(0) >= least && weight.size(1) >= least && x.is_contiguous(at::MemoryFormat::ChannelsLast) &&
           weight.is_contiguous(at::MemoryFormat::ChannelsLast) && !is_autocast() &&
           (!bias.has_value() || !bias->defined() || (is_numbers(*bias) && bias->is_contiguous()));
}

at::Tensor conv3x3(const at::Tensor &x, const at::Tensor &weight, const c10::optional<at::Tensor> &bias) {
    if (!is_ours(x, weight, bias)) return at::conv2d(x, weight, bias, /*stride=*/1, /*padding=*/1);
    return Conv3x3::apply(x, weight, bias);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(ediy, m) {
    m.def("conv3x3(Tensor x, Tensor weight, Tensor? bias=None) -> Tensor", conv3x3);
}

}  // namespace ediy
