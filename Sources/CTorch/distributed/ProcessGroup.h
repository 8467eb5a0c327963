// Processes that work together, over c10d: Gloo on CPUs, NCCL on CUDA devices where libtorch has it.
#pragma once
#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "CTorch.h"

namespace ediy {

/// This process among those that work together. All of them make the same calls in the same order. A call that fails
/// throws an error that begins with EDIY_LOST and names the processes that are gone.
class ProcessGroup {
public:
    /// Waits until all are there.
    explicit ProcessGroup(const EdiyPlace &place);
    ~ProcessGroup();
    ProcessGroup(const ProcessGroup &) = delete;

    /// Each tensor becomes `scale` times the sum of all processes' ones, in buckets that are under way at the same
    /// time.
    void all_reduce(const std::vector<at::Tensor> &tensors, double scale = 1);

    /// Every process's tensor, by rank; all have the same shape.
    std::vector<at::Tensor> all_gather(const at::Tensor &tensor);

    /// Each tensor becomes the root's.
    void broadcast(const std::vector<at::Tensor> &tensors, int root);

private:
    struct Parts;
    std::unique_ptr<Parts> parts;
};

} // namespace ediy
