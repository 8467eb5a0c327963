// The table itself. Each entry is a few lines on libtorch; anything that can throw runs inside `guarded`.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/api/include/torch/cuda.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/version.h>

#include "bridge/Dispatcher.h"
#include "bridge/Settings.h"
#include "bridge/Values.h"
#include "distributed/ProcessGroup.h"
#include "operators/Kernels.h"
#include "operators/autocast/Autocast.h"
#include "operators/cpu/VectorLevel.h"

namespace ediy {
namespace {

char *from_host(const void *bytes, int32_t dtype, const int64_t *sizes, size_t rank, EdiyTensor **result) {
    return guarded([&] {
        auto t = at::empty(at::IntArrayRef(sizes, rank), at::TensorOptions().dtype(at::ScalarType(dtype)));
        if (t.nbytes()) memcpy(t.data_ptr(), bytes, t.nbytes());
        *result = own(std::move(t));
    });
}

char *to_host(const EdiyTensor *t, void *bytes, size_t byte_count) {
    return guarded([&] {
        at::NoGradGuard no_grad;
        const auto host = tensor(t).detach().to(at::kCPU).contiguous();
        TORCH_CHECK(host.nbytes() == byte_count, "a tensor of ", host.nbytes(), " bytes read as ", byte_count);
        if (byte_count) memcpy(bytes, host.data_ptr(), byte_count);
    });
}

char *backward(const EdiyTensor *loss) {
    return guarded([&] { torch::autograd::backward({tensor(loss)}, {}); });
}

EdiyTensor *grad(const EdiyTensor *t) {
    const auto &g = tensor(t).grad();
    return g.defined() ? own(g) : nullptr;
}

char *set_device(int32_t device_type, int32_t index) {
    return guarded([&] {
        const c10::Device device(static_cast<at::DeviceType>(device_type), static_cast<c10::DeviceIndex>(index));
        // Each kind of device registers its own, so that nothing here need know CUDA's.
        c10::impl::VirtualGuardImpl(device.type()).setDevice(device);
    });
}

char *make_generator(const char *device, uint64_t seed, EdiyGenerator **result) {
    return guarded([&] {
        const c10::Device d(device);
        at::Generator generator = d.is_cpu() ? at::make_generator<at::CPUGeneratorImpl>(seed)
                                             : at::globalContext().defaultGenerator(d).clone();
        generator.set_current_seed(seed);
        *result = reinterpret_cast<EdiyGenerator *>(new at::Generator(std::move(generator)));
    });
}

ProcessGroup &group(EdiyGroup *g) { return *reinterpret_cast<ProcessGroup *>(g); }

std::vector<at::Tensor> all(EdiyTensor *const *tensors, size_t count) {
    std::vector<at::Tensor> list;
    for (size_t i = 0; i < count; ++i) list.push_back(tensor(tensors[i]));
    return list;
}

char *all_gather(EdiyGroup *g, const EdiyTensor *t, EdiyTensor **results) {
    return guarded([&] {
        for (auto &each : group(g).all_gather(tensor(t))) *results++ = own(std::move(each));
    });
}

const EdiyTorch table = {
    .abi = EDIY_TORCH_ABI,
    .version = TORCH_VERSION,
    .free_message = [](char *message) { free(message); },
    .settle = [](const char *vector_level) { return guarded([&] { settle(vector_level); }); },
    .find_operator = find_operator,
    .call = call,
    .release = [](EdiyTensor *t) { delete &tensor(t); },
    .from_host = from_host,
    .to_host = to_host,
    .rank = [](const EdiyTensor *t) { return tensor(t).dim(); },
    .size = [](const EdiyTensor *t, int64_t d) { return tensor(t).sizes()[d]; },
    .element_count = [](const EdiyTensor *t) { return tensor(t).numel(); },
    .dtype = [](const EdiyTensor *t) { return static_cast<int32_t>(tensor(t).scalar_type()); },
    .is_contiguous = [](const EdiyTensor *t,
                        int32_t format) { return tensor(t).is_contiguous(at::MemoryFormat(format)); },
    .shares_storage = [](const EdiyTensor *a, const EdiyTensor *b) { return tensor(a).is_alias_of(tensor(b)); },
    .device_type = [](const EdiyTensor *t) { return static_cast<int32_t>(tensor(t).device().type()); },
    .device_index = [](const EdiyTensor *t) { return static_cast<int32_t>(tensor(t).device().index()); },
    .backward = backward,
    .grad = grad,
    .set_grad = [](EdiyTensor *t, const EdiyTensor *g) { tensor(t).mutable_grad() = g ? tensor(g) : at::Tensor(); },
    .requires_grad = [](const EdiyTensor *t) { return tensor(t).requires_grad(); },
    .set_requires_grad = [](EdiyTensor *t, bool value) { return guarded([&] { tensor(t).set_requires_grad(value); }); },
    .is_grad_enabled = [] { return at::GradMode::is_enabled(); },
    .set_grad_enabled = [](bool enabled) { at::GradMode::set_enabled(enabled); },
    .set_autocast =
        [](int32_t type, bool enabled, int32_t dtype) {
            return set_autocast(static_cast<at::DeviceType>(type), enabled, at::ScalarType(dtype));
        },
    .make_generator = make_generator,
    .release_generator = [](EdiyGenerator *g) { delete reinterpret_cast<at::Generator *>(g); },
    .make_group =
        [](const EdiyPlace *place, EdiyGroup **result) {
            return guarded([&] { *result = reinterpret_cast<EdiyGroup *>(new ProcessGroup(*place)); });
        },
    .release_group = [](EdiyGroup *g) { delete &group(g); },
    .all_reduce = [](EdiyGroup *g, EdiyTensor *const *tensors, size_t count,
                     double scale) { return guarded([&] { group(g).all_reduce(all(tensors, count), scale); }); },
    .all_gather = all_gather,
    .broadcast = [](EdiyGroup *g, EdiyTensor *const *tensors, size_t count,
                    int32_t root) { return guarded([&] { group(g).broadcast(all(tensors, count), root); }); },
    .thread_count = [] { return static_cast<int32_t>(at::get_num_threads()); },
    .set_thread_count = [](int32_t count) { at::set_num_threads(count); },
    .cuda_device_count = [] { return static_cast<int32_t>(torch::cuda::device_count()); },
    .set_device = set_device,
    .describe = []() -> char * { return strdup(at::show_config().c_str()); },
    .processor_vector_level = processor_vector_level,
    .set_vector_level =
        [](EdiyVectorLevel level) { return std::exchange(vector_level(), std::min(level, processor_vector_level())); },
    .kernel_runs = [](EdiyKernel kernel) { return kernel_runs(kernel); },
};

} // namespace
} // namespace ediy

extern "C" __attribute__((visibility("default"))) const EdiyTorch *ediy_torch(void) { return &ediy::table; }
