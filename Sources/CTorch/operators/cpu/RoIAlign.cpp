// RoIAlign. Mask R-CNN (arXiv 1703.06870), section 3, with the half-pixel correction called `aligned`.
//
// Maps are worked on with channels innermost: a sample is four rows of C numbers, mixed.
#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <torch/library.h>

#include <cmath>
#include <vector>

#include "operators/cpu/Threads.h"

namespace ediy {
namespace {

struct Pooling {
    double scale;
    int64_t height, width, sampling_ratio;
    bool aligned;
};

/// Where a sample lies between four pixels, and how much of each it takes.
template <typename T> struct Sample {
    int64_t at[4];
    T weight[4];
};

/// The samples of one axis-aligned bin, written to `out`; those outside the map are left out.
template <typename T>
void bin_samples(T y0, T x0, T bin_h, T bin_w, int64_t grid_h, int64_t grid_w, int64_t H, int64_t W,
                 std::vector<Sample<T>> &out) {
    out.clear();
    for (int64_t iy = 0; iy < grid_h; ++iy) {
        const T sy = y0 + static_cast<T>(iy + .5f) * bin_h / static_cast<T>(grid_h);
        if (!(sy >= -1.0 && sy <= H)) continue;
        for (int64_t ix = 0; ix < grid_w; ++ix) {
            const T sx = x0 + static_cast<T>(ix + .5f) * bin_w / static_cast<T>(grid_w);
            if (!(sx >= -1.0 && sx <= W)) continue;
            T y = std::max<T>(sy, 0), x = std::max<T>(sx, 0);
            int64_t top = static_cast<int64_t>(y), left = static_cast<int64_t>(x), bottom = top + 1, right = left + 1;
            if (top >= H - 1) y = top = bottom = H - 1;
            if (left >= W - 1) x = left = right = W - 1;
            const T ly = y - top, lx = x - left, hy = 1 - ly, hx = 1 - lx;
            out.push_back({{top * W + left, top * W + right, bottom * W + left, bottom * W + right},
                           {hy * hx, hy * lx, ly * hx, ly * lx}});
        }
    }
}

/// Calls body(bin index, samples, 1 / count) for each bin of one region.
template <typename T, typename Body>
void each_bin(const T *roi, const Pooling &p, int64_t H, int64_t W, const Body &body) {
    const T offset = p.aligned ? static_cast<T>(0.5) : static_cast<T>(0);
    const T scale = static_cast<T>(p.scale);
    const T x0 = roi[1] * scale - offset, y0 = roi[2] * scale - offset;
    T w = roi[3] * scale - offset - x0, h = roi[4] * scale - offset - y0;
    if (!p.aligned) w = std::max<T>(w, 1), h = std::max<T>(h, 1);
    const T bin_h = h / static_cast<T>(p.height), bin_w = w / static_cast<T>(p.width);
    const auto grid = [&](T bin) {
        return p.sampling_ratio > 0 ? p.sampling_ratio : static_cast<int64_t>(std::ceil(bin));
    };
    const int64_t grid_h = grid(bin_h), grid_w = grid(bin_w);
    const T share = 1 / static_cast<T>(std::max<int64_t>(grid_h * grid_w, 1));
    std::vector<Sample<T>> samples;
    for (int64_t by = 0; by < p.height; ++by)
        for (int64_t bx = 0; bx < p.width; ++bx) {
            bin_samples<T>(y0 + by * bin_h, x0 + bx * bin_w, bin_h, bin_w, grid_h, grid_w, H, W, samples);
            body(by * p.width + bx, samples, share);
        }
}

/// x (N, H, W, C), rois (R, 5) → (R, height, width, C)
template <typename T> void forward(const at::Tensor &x, const at::Tensor &rois, const Pooling &p, at::Tensor &out) {
    const int64_t H = x.size(1), W = x.size(2), C = x.size(3), bins = p.height * p.width;
    const T *in = x.data_ptr<T>(), *boxes = rois.data_ptr<T>();
    T *result = out.data_ptr<T>();
    parallel(rois.size(0), 4, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            const T *map = in + static_cast<int64_t>(boxes[5 * r]) * H * W * C;
            each_bin<T>(boxes + 5 * r, p, H, W, [&](int64_t bin, const std::vector<Sample<T>> &samples, T share) {
                T *to = result + (r * bins + bin) * C;
                for (int64_t c = 0; c < C; ++c) to[c] = 0;
                for (const auto &s : samples) {
                    const T *a = map + s.at[0] * C, *b = map + s.at[1] * C, *d = map + s.at[2] * C,
                            *e = map + s.at[3] * C;
                    for (int64_t c = 0; c < C; ++c)
                        to[c] += s.weight[0] * a[c] + s.weight[1] * b[c] + s.weight[2] * d[c] + s.weight[3] * e[c];
                }
                for (int64_t c = 0; c < C; ++c) to[c] *= share;
            });
        }
    });
}

/// Threads share out the channels, not the regions, so that sums are made in one order with any number of threads.
template <typename T> void backward(const at::Tensor &grad, const at::Tensor &rois, const Pooling &p, at::Tensor &out) {
    const int64_t H = out.size(1), W = out.size(2), C = out.size(3), bins = p.height * p.width, R = rois.size(0);
    const T *g = grad.data_ptr<T>(), *boxes = rois.data_ptr<T>();
    T *result = out.data_ptr<T>();
    parallel(C, 16, [&](int64_t begin, int64_t end) {
        for (int64_t r = 0; r < R; ++r) {
            T *map = result + static_cast<int64_t>(boxes[5 * r]) * H * W * C;
            each_bin<T>(boxes + 5 * r, p, H, W, [&](int64_t bin, const std::vector<Sample<T>> &samples, T share) {
                const T *from = g + (r * bins + bin) * C;
                for (const auto &s : samples)
                    for (int k = 0; k < 4; ++k) {
                        const T weight = s.weight[k] * share;
                        T *to = map + s.at[k] * C;
                        for (int64_t c = begin; c < end; ++c) to[c] += weight * from[c];
                    }
            });
        }
    });
}

at::Tensor channels_innermost(const at::Tensor &x) { return x.permute({0, 2, 3, 1}).contiguous(); }

at::Tensor roi_align_cpu(const at::Tensor &x, const at::Tensor &rois, double scale, int64_t height, int64_t width,
                         int64_t sampling_ratio, bool aligned) {
    const Pooling p{scale, height, width, sampling_ratio, aligned};
    const auto map = channels_innermost(x), boxes = rois.contiguous();
    if (boxes.size(0) > 0) {
        const auto images = boxes.select(1, 0);
        TORCH_CHECK(images.min().item<double>() >= 0 && images.max().item<double>() < x.size(0),
                    "a region of no image");
    }
    auto out = at::empty({rois.size(0), height, width, x.size(1)}, map.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "roi_align", [&] { forward<scalar_t>(map, boxes, p, out); });
    return out.permute({0, 3, 1, 2});
}

at::Tensor roi_align_backward_cpu(const at::Tensor &grad_, const at::Tensor &rois, double scale, int64_t sampling_ratio,
                                  bool aligned, at::IntArrayRef sizes) {
    const Pooling p{scale, grad_.size(2), grad_.size(3), sampling_ratio, aligned};
    const auto grad = channels_innermost(grad_), boxes = rois.contiguous();
    auto out = at::zeros({sizes[0], sizes[2], sizes[3], sizes[1]}, grad.options());
    AT_DISPATCH_FLOATING_TYPES(grad.scalar_type(), "roi_align_backward",
                               [&] { backward<scalar_t>(grad, boxes, p, out); });
    return out.permute({0, 3, 1, 2});
}

} // namespace

TORCH_LIBRARY_IMPL(ediy, CPU, m) {
    m.impl("roi_align", roi_align_cpu);
    m.impl("roi_align_backward", roi_align_backward_cpu);
}

} // namespace ediy
