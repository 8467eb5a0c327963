// Mixed precision on CPUs that have no bfloat16 arithmetic. There libtorch's 16-bit convolutions and products are loops over
// single numbers, a hundred times slower than float32. What hardware with it computes is products of values rounded to bfloat16,
// summed in float32, the sum rounded: the same is computed here in float32 on rounded values, at about float32's speed.
#pragma once
#include <ATen/ATen.h>
#include <ATen/core/stack.h>

#include <string>

namespace ediy {

/// Whether this processor has no bfloat16 arithmetic that libtorch would use.
inline bool lacks_bfloat16() {
#if defined(__x86_64__)
    // What libtorch asks before it hands a bfloat16 convolution to oneDNN.
    static const bool lacks = !(__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                                __builtin_cpu_supports("avx512dq"));
    return lacks;
#else
    return false;
#endif
}

/// Whether products of this thread are of rounded values.
inline bool &rounds_products() {
    thread_local bool rounds = false;
    return rounds;
}

/// The operators that autocast runs in 16 bits, those that the suite calls.
inline bool is_product(const std::string &name) {
    return name == "aten::conv2d" || name == "ediy::conv1x1" || name == "ediy::conv3x3" || name == "aten::conv_transpose2d" ||
           name == "aten::linear" || name == "ediy::linear" || name == "aten::matmul";
}

/// Rounds the tensors among the arguments; differentiable.
inline void round_arguments(torch::jit::Stack &stack) {
    for (auto &value : stack) {
        if (!value.isTensor()) continue;
        const auto &t = value.toTensor();
        if (!t.defined() || !t.device().is_cpu()) continue;
        if (t.scalar_type() == at::kFloat) value = t.to(at::kBFloat16).to(at::kFloat);
        else if (t.scalar_type() == at::kBFloat16) value = t.to(at::kFloat);
    }
}

/// Rounds the results.
inline void round_results(torch::jit::Stack &stack) {
    for (auto &value : stack)
        if (value.isTensor() && value.toTensor().scalar_type() == at::kFloat) value = value.toTensor().to(at::kBFloat16);
}

}  // namespace ediy
