// Convolutions of bfloat16 with channels innermost, by autocast: x and the result in 16 bits, weights and their gradients in
// float32. The 1×1 convolution is a product of matrices each way. The 3×3 one is oneDNN's, but for the gradient of its weights.
//
// N images of H × W pixels, I channels in, O out. Each sum is made by one thread in one order, whatever their number.
#include "Bfloat16Convolution.h"

#include <torch/library.h>
#include <torch/torch.h>

#include <vector>

#include "Autocast.h"
#include "Bfloat16Product.h"
#include "Threads.h"
#include "Vectors.h"

namespace ediy {

using at::BFloat16;

#if defined(__x86_64__)
namespace {

/// Rows of a matrix, `stride` numbers from one to the next.
template <typename T>
std::vector<const T *> rows_of(const T *data, int64_t count, int64_t stride) {
    std::vector<const T *> rows(count);
    for (int64_t r = 0; r < count; ++r) rows[r] = data + r * stride;
    return rows;
}

/// weight (O, I) → the panels (J / 32, K / 2, 32) of the right matrix: its transpose (I, O), or (O, I) if `isGradient`.
at::Tensor packed(const at::Tensor &weight, bool isGradient) {
    const int64_t O = weight.size(0), I = weight.size(1), J = isGradient ? I : O;
    const float *w = weight.data_ptr<float>();
    auto panels = at::empty({O * I / 2}, weight.options().dtype(at::kInt).memory_format(at::MemoryFormat::Contiguous));
    auto *begin_of = reinterpret_cast<Pair *>(panels.data_ptr<int32_t>());
    const auto rows = rows_of(w, O, I);
    parallel(J / tile_columns, std::max<int64_t>(1, 512 * tile_columns / J), [&](int64_t begin, int64_t end) {
        for (int64_t panel = begin; panel < end; ++panel) {
            const int64_t first = panel * tile_columns;
            Pair *to = begin_of + panel * tile_columns * (isGradient ? O : I) / 2;
            if (!isGradient) {
                vectorized<pack_panel_transposed>(w + first * I, I, I, to);
                continue;
            }
            const auto part = rows_of(w + first, O, I);
            vectorized<pack_rows<float, tile_columns>>(part.data(), O / 2, int64_t(2), tile_columns, to);
        }
    });
    return panels;
}

/// y (M, J) = x (M, K) · panels + bias, M being the pixels.
void multiply(const at::Tensor &x, const at::Tensor &panels, const float *bias, const at::Tensor &y) {
    constexpr int64_t block = 64;
    const int64_t K = x.size(1), J = y.size(1), M = x.numel() / K, blocks = (M + block - 1) / block;
    const auto *from = reinterpret_cast<const Pair *>(x.data_ptr<BFloat16>());
    const auto *right = reinterpret_cast<const Pair *>(panels.data_ptr<int32_t>());
    auto *to = y.data_ptr<BFloat16>();
    each_task(blocks, [&](int64_t b) {
        for (int64_t j = 0; j < J; j += tile_columns)
            for (int64_t r = b * block; r < std::min(M, (b + 1) * block); r += tile_rows)
                round_tile(std::min(M - r, tile_rows), {from + r * K / 2, K / 2, 1, 0}, {right + j * K / 2, tile_columns, 0},
                           {1, K / 2}, bias + j, to + r * J + j, J);
    });
}

/// The pixels that the gradient of weights sums over, in *bands* that caches hold: some pictures, or some rows of one. Pixels stand
/// in one sequence, row after row, for 3×3 kernels with a place of zeros between two rows, so that what each tap of the kernel meets
/// is the same sequence from further on. In a 1×1 kernel all pixels are one picture's, a row each.
struct Bands {
    const int64_t kernel, N, H, W, stride, rows, pictures, in_picture, count;

    static constexpr int64_t places = 512;

    Bands(const at::Tensor &x, int64_t kernel)
        : kernel(kernel), N(kernel == 1 ? 1 : x.size(0)), H(kernel == 1 ? x.numel() / x.size(1) : x.size(2)),
          W(kernel == 1 ? 1 : x.size(3)), stride(W + kernel / 2), rows(share(H, (H * stride + places - 1) / places)),
          pictures(std::max<int64_t>(1, places / (H * stride))), in_picture((H + rows - 1) / rows),
          count(in_picture == 1 ? (N + pictures - 1) / pictures : N * in_picture) {}

    struct Band {
        int64_t picture, pictures, row, rows;
        /// Of each of its pictures: pairs of pixels, and places that the kernel meets.
        int64_t pairs, met;
    };

    Band operator[](int64_t band) const {
        const int64_t row = band % in_picture * rows, height = std::min(rows, H - row);
        const int64_t picture = in_picture == 1 ? band * pictures : band / in_picture;
        const int64_t pairs = (height * stride + 1) / 2;
        return {picture, in_picture == 1 ? std::min(pictures, N - picture) : 1, row, height, pairs,
                2 * pairs + (kernel - 1) * (stride + 1)};
    }

    /// Where in x, which has C channels, each of `count` places lies that begin `before` rows and columns ahead of a band's picture
    /// and end as many behind: `zeros` where there is no pixel.
    void find(const BFloat16 *x, int64_t C, Band band, int64_t picture, int64_t before, int64_t count, const BFloat16 *zeros,
              const BFloat16 **found) const {
        const int64_t end = std::min(H, band.row + band.rows + before);
        int64_t y = band.row - before, column = -before;
        for (int64_t p = 0; p < count; ++p) {
            const bool inside = y >= 0 && y < end && column >= 0 && column < W;
            found[p] = inside ? x + (((band.picture + picture) * H + y) * W + column) * C : zeros;
            if (++column == stride - before) {
                column = -before;
                ++y;
            }
        }
    }

  private:
    static int64_t share(int64_t of, int64_t parts) { return (of + parts - 1) / parts; }
};

/// Columns of a panel of gradients: two tiles' rows, which a vector holds.
constexpr int64_t left_columns = 16;

/// Adds to `out`, a part (height, taps, width) of the gradient of (O, taps, I), what one band gives.
class BandGradient {
  public:
    struct Scratch {
        std::vector<Pair> left, right;
        std::vector<const BFloat16 *> places;
    };

    BandGradient(const Bands &bands, const std::vector<BFloat16> &zeros, Scratch &scratch)
        : bands(bands), zeros(zeros), left(scratch.left), right(scratch.right), places(scratch.places) {}

    /// x and g begin at the part's first channels.
    void add(Bands::Band band, const BFloat16 *x, int64_t I, int64_t width, const BFloat16 *g, int64_t O, int64_t height, float *out) {
        const int64_t kernel = bands.kernel, taps = kernel * kernel, before = kernel / 2;
        // Taps meet pairs that begin at any place; a single one, at every other.
        const int64_t step = kernel == 1 ? 2 : 1, length = band.met / step, pairs = band.pictures * band.pairs;
        places.assign(band.pictures * band.met + 1, zeros.data());
        for (int64_t p = 0; p < band.pictures; ++p)
            bands.find(x, I, band, p, before, band.met, zeros.data(), places.data() + p * band.met);
        if (right.size() < static_cast<size_t>(band.pictures * length * width)) right.resize(band.pictures * length * width);
        vectorized<pack_rows<BFloat16, tile_columns>>(const_cast<const BFloat16 *const *>(places.data()), band.pictures * length, step,
                                                      width, right.data());
        for (int64_t p = 0; p < band.pictures; ++p)
            bands.find(g, O, band, p, 0, 2 * band.pairs, zeros.data(), places.data() + p * 2 * band.pairs);
        if (left.size() < static_cast<size_t>(pairs * height)) left.resize(pairs * height);
        vectorized<pack_rows<BFloat16, left_columns>>(const_cast<const BFloat16 *const *>(places.data()), pairs, int64_t(2), height,
                                                   left.data());
        for (int64_t i = 0; i < width; i += tile_columns)
            for (int64_t tap = 0; tap < taps; ++tap)
                for (int64_t o = 0; o < height; o += tile_rows) {
                    const Pair *met = right.data() + i * band.pictures * length +
                                      (tap / kernel * bands.stride + tap % kernel) * tile_columns;
                    add_tile({left.data() + o / left_columns * left_columns * pairs + o % left_columns, 1, left_columns,
                              band.pairs * left_columns},
                             {met, 2 / step * tile_columns, length * tile_columns}, {band.pictures, band.pairs},
                             out + (o * taps + tap) * I + i, taps * I);
                }
    }

  private:
    const Bands &bands;
    const std::vector<BFloat16> &zeros;
    std::vector<Pair> &left, &right;
    std::vector<const BFloat16 *> &places;
};

/// The gradient of (O, I, K, K) weights, from what was convolved and the gradient of the result.
at::Tensor weight_gradient(const at::Tensor &x, const at::Tensor &g, int64_t kernel) {
    const int64_t I = x.size(1), O = g.size(1), taps = kernel * kernel;
    // Parts of the result, as large as caches hold; their bands are summed in chunks, as many as shapes say, not threads.
    const int64_t edge = kernel == 1 ? 256 : 64, tall = (O + edge - 1) / edge, wide = (I + edge - 1) / edge;
    const Bands bands(x, kernel);
    const int64_t chunks = std::max<int64_t>(1, std::min(bands.count / 4, 64 / (tall * wide)));
    auto w = at::empty({O, I, kernel, kernel}, x.options().dtype(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
    auto sums = chunks == 1 ? w : at::empty({chunks, O, taps, I}, w.options().memory_format(at::MemoryFormat::Contiguous));
    const std::vector<BFloat16> zeros(std::max(I, O), BFloat16(0.f));
    each_task(chunks * tall * wide, [&](int64_t task) {
        // A thread keeps its memory: the system's fresh pages would cost more than the packing.
        thread_local BandGradient::Scratch scratch;
        BandGradient gradient(bands, zeros, scratch);
        const int64_t chunk = task / (tall * wide), o = task / wide % tall * edge, i = task % wide * edge;
        const int64_t height = std::min(edge, O - o), width = std::min(edge, I - i);
        float *out = sums.data_ptr<float>() + (chunk * O + o) * taps * I + i;
        for (int64_t r = 0; r < height * taps; ++r) std::fill_n(out + r * I, width, 0.f);
        for (int64_t b = bands.count * chunk / chunks; b < bands.count * (chunk + 1) / chunks; ++b)
            gradient.add(bands[b], x.data_ptr<BFloat16>() + i, I, width, g.data_ptr<BFloat16>() + o, O, height, out);
    });
    if (chunks > 1) w.permute({0, 2, 3, 1}).copy_(sums.sum(0).view({O, kernel, kernel, I}));
    return w;
}

/// 16-bit numbers with channels innermost.
at::Tensor packed_pixels(const at::Tensor &x) { return x.to(at::kBFloat16).contiguous(at::MemoryFormat::ChannelsLast); }

/// What is to be differentiated, as the gradients are asked for.
void save(torch::autograd::AutogradContext *ctx, const at::Tensor &x, const at::Tensor &weight, const at::Tensor &own,
          const c10::optional<at::Tensor> &bias) {
    ctx->save_for_backward({x, own});
    ctx->saved_data["x"] = x.requires_grad();
    ctx->saved_data["weight"] = weight.requires_grad();
    ctx->saved_data["bias"] = bias.has_value() && bias->defined() && bias->requires_grad();
}

class Pointwise : public torch::autograd::Function<Pointwise> {
  public:
    /// x (N, I, H, W) of bfloat16, weight (O, I, 1, 1) and bias (O) of float32.
    static at::Tensor forward(torch::autograd::AutogradContext *ctx, const at::Tensor &x, const at::Tensor &weight,
                              const c10::optional<at::Tensor> &bias) {
        save(ctx, x, weight, weight, bias);
        const auto offset = bias.has_value() && bias->defined() ? *bias : at::zeros({weight.size(0)}, weight.options());
        return product(x, weight, offset.data_ptr<float>(), false);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *ctx, torch::autograd::variable_list grads) {
        const auto saved = ctx->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1];
        const auto g = packed_pixels(grads[0]);
        at::Tensor dx, dw, db;
        if (ctx->saved_data["x"].toBool()) {
            const std::vector<float> zeros(x.size(1));
            dx = product(g, weight, zeros.data(), true);
        }
        if (ctx->saved_data["weight"].toBool()) dw = weight_gradient(x, g, 1);
        if (ctx->saved_data["bias"].toBool()) db = g.sum(at::IntArrayRef{0, 2, 3}, false, at::kFloat);
        return {dx, dw, db};
    }

  private:
    static at::Tensor product(const at::Tensor &x, const at::Tensor &weight, const float *bias, bool isGradient) {
        auto y = at::empty({x.size(0), weight.size(isGradient ? 1 : 0), x.size(2), x.size(3)},
                           x.options().memory_format(at::MemoryFormat::ChannelsLast));
        multiply(x, packed(weight, isGradient), bias, y);
        return y;
    }
};

class KeepingSize : public torch::autograd::Function<KeepingSize> {
  public:
    /// x (N, I, H, W) of bfloat16, weight (O, I, 3, 3) and bias (O) of float32.
    static at::Tensor forward(torch::autograd::AutogradContext *ctx, const at::Tensor &x, const at::Tensor &weight,
                              const c10::optional<at::Tensor> &bias) {
        const auto own = packed_pixels(weight);
        save(ctx, x, weight, own, bias);
        const auto offset = bias.has_value() && bias->defined() ? bias->to(at::kBFloat16) : at::Tensor();
        return at::conv2d(x, own, offset, /*stride=*/1, /*padding=*/1);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *ctx, torch::autograd::variable_list grads) {
        const auto saved = ctx->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1];
        const auto g = packed_pixels(grads[0]);
        at::Tensor dx, dw, db;
        if (ctx->saved_data["x"].toBool())
            dx = std::get<0>(at::convolution_backward(g, x, weight, c10::nullopt, {1, 1}, {1, 1}, {1, 1}, false, {0, 0}, 1,
                                                      {true, false, false}));
        if (ctx->saved_data["weight"].toBool()) dw = weight_gradient(x, g, 3);
        if (ctx->saved_data["bias"].toBool()) db = g.sum(at::IntArrayRef{0, 2, 3}, false, at::kFloat);
        return {dx, dw, db};
    }
};

}  // namespace

bool is_bfloat16_convolution(const at::Tensor &x, const at::Tensor &weight, const c10::optional<at::Tensor> &bias) {
    const auto is_float = [](const at::Tensor &t) { return t.device().is_cpu() && t.scalar_type() == at::kFloat && t.numel() > 0; };
    return has_bfloat16_dot() && is_bfloat16_autocast() && x.device().is_cpu() && x.numel() > 0 && x.dim() == 4 &&
           (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) && weight.dim() == 4 && is_float(weight) &&
           x.size(1) == weight.size(1) && weight.size(0) % tile_columns == 0 && weight.size(1) % tile_columns == 0 &&
           x.is_contiguous(at::MemoryFormat::ChannelsLast) && weight.is_contiguous(at::MemoryFormat::ChannelsLast) &&
           (!bias.has_value() || !bias->defined() || (is_float(*bias) && bias->is_contiguous()));
}

at::Tensor bfloat16_conv1x1(const at::Tensor &x, const at::Tensor &weight, const c10::optional<at::Tensor> &bias) {
    const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    return Pointwise::apply(packed_pixels(x), weight, bias);
}

at::Tensor bfloat16_conv3x3(const at::Tensor &x, const at::Tensor &weight, const c10::optional<at::Tensor> &bias) {
    const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    return KeepingSize::apply(packed_pixels(x), weight, bias);
}

#else

bool is_bfloat16_convolution(const at::Tensor &, const at::Tensor &, const c10::optional<at::Tensor> &) { return false; }
at::Tensor bfloat16_conv1x1(const at::Tensor &x, const at::Tensor &, const c10::optional<at::Tensor> &) { return x; }
at::Tensor bfloat16_conv3x3(const at::Tensor &x, const at::Tensor &, const c10::optional<at::Tensor> &) { return x; }

#endif

}  // namespace ediy
