// Tensors that travel together, since each journey costs by itself.
#pragma once
#include <ATen/ATen.h>

#include <vector>

namespace ediy {

/// As PyTorch's DistributedDataParallel has it.
constexpr int64_t bucket_bytes = 25 << 20;

/// Tensors that travel as one.
struct Bucket {
    std::vector<at::Tensor> tensors;
    std::vector<at::Tensor> flat;

    explicit Bucket(std::vector<at::Tensor> list) : tensors(std::move(list)) {
        std::vector<at::Tensor> rows;
        for (const auto &t : tensors) rows.push_back(t.reshape(-1));
        flat = {at::cat(rows)};
    }

    void unpack() const {
        int64_t start = 0;
        for (const auto &t : tensors) {
            t.copy_(flat[0].narrow(0, start, t.numel()).view(t.sizes()));
            start += t.numel();
        }
    }
};

/// In their order; a bucket has one dtype and device.
inline std::vector<Bucket> buckets(const std::vector<at::Tensor> &tensors) {
    std::vector<Bucket> result;
    std::vector<at::Tensor> open;
    int64_t bytes = 0;
    auto close = [&] {
        if (!open.empty()) result.emplace_back(std::move(open));
        open.clear();
        bytes = 0;
    };
    for (const auto &t : tensors) {
        if (!open.empty() &&
            (bytes > bucket_bytes || open[0].scalar_type() != t.scalar_type() || open[0].device() != t.device()))
            close();
        open.push_back(t);
        bytes += static_cast<int64_t>(t.nbytes());
    }
    close();
    return result;
}

} // namespace ediy
