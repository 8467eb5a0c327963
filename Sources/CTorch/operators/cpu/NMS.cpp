// Non-maximum suppression, greedy: a box by those of its own group alone.
#include <ATen/ATen.h>
#include <torch/library.h>

#include <cmath>
#include <vector>

namespace ediy {
namespace {

constexpr int64_t most_shifted = 1000;

/// boxes (n, 4), scores (n), groups (n) → the kept places by falling score, int64; equal scores in their order.
at::Tensor nms_cpu(const at::Tensor &boxes_, const at::Tensor &scores, const at::Tensor &groups_, double threshold_) {
    TORCH_CHECK(boxes_.dim() == 2 && boxes_.size(1) == 4 && scores.numel() == boxes_.size(0) &&
                    groups_.numel() == boxes_.size(0),
                "boxes (n, 4), scores (n), groups (n)");
    const auto order = std::get<1>(scores.sort(/*stable=*/true, /*dim=*/0, /*descending=*/true));
    const auto groups = groups_.to(at::kLong).index_select(0, order).contiguous();
    const int64_t n = order.size(0);
    auto shifted = boxes_.to(at::kFloat).index_select(0, order);
    // Up to this many boxes torchvision's batched_nms, and so Detectron2 on a CPU, moves the groups apart instead of
    // taking them one by one. That rounds coordinates, and now and then decides about a box.
    if (n > 0 && n <= most_shifted) shifted = shifted + (groups.to(at::kFloat) * (shifted.max() + 1)).unsqueeze(1);
    const auto boxes = shifted.t().contiguous();
    const float *x0 = boxes.data_ptr<float>(), *y0 = x0 + n, *x1 = y0 + n, *y1 = x1 + n;
    const int64_t *group = groups.data_ptr<int64_t>(), *place = order.data_ptr<int64_t>();
    // The largest float that is no larger: an IoU above it is above the threshold as given, which torchvision compares
    // with.
    float threshold = static_cast<float>(threshold_);
    if (threshold > threshold_) threshold = std::nextafter(threshold, -1.f);
    std::vector<float> area(n);
    for (int64_t i = 0; i < n; ++i) area[i] = (x1[i] - x0[i]) * (y1[i] - y0[i]);
    std::vector<uint8_t> gone(n, 0);
    std::vector<int64_t> kept;
    for (int64_t i = 0; i < n; ++i) {
        if (gone[i]) continue;
        kept.push_back(place[i]);
        for (int64_t j = i + 1; j < n; ++j) {
            const float w = std::max(0.f, std::min(x1[i], x1[j]) - std::max(x0[i], x0[j]));
            const float h = std::max(0.f, std::min(y1[i], y1[j]) - std::max(y0[i], y0[j]));
            const float both = w * h;
            gone[j] |= static_cast<uint8_t>((group[i] == group[j]) & (both / (area[i] + area[j] - both) > threshold));
        }
    }
    return at::tensor(kept, at::kLong);
}

} // namespace

TORCH_LIBRARY_IMPL(ediy, CPU, m) { m.impl("nms", nms_cpu); }

} // namespace ediy
