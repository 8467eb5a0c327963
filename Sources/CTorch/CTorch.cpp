// The table itself. Each entry is a few lines on libtorch; anything that can throw runs inside `guarded`.
#include "CTorch.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/torch.h>
#include <torch/csrc/autograd/autograd.h>

#include <dlfcn.h>
#include <malloc.h>

#include <thread>

#include "Allocator.h"
#include "ProcessGroup.h"
#include "Values.h"
#include "Rounding.h"

namespace ediy {
namespace {

struct Op {
    c10::OperatorHandle handle;
    const c10::FunctionSchema &schema;
    const bool is_product;
};

char *find_operator(const char *name, const char *overload, EdiyOperator **result) {
    return guarded([&] {
        auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
        *result = reinterpret_cast<EdiyOperator *>(new Op{handle, handle.schema(), is_product(name)});
    });
}

char *call(const EdiyOperator *op_, const EdiyValue *arguments, size_t argument_count, EdiyValue *results,
           size_t capacity, size_t *result_count) {
    *result_count = 0;
    char *message = guarded([&] {
        const auto &op = *reinterpret_cast<const Op *>(op_);
        const auto &formal = op.schema.arguments();
        static const EdiyValue omitted{};
        TORCH_CHECK(argument_count <= formal.size(), "takes ", formal.size(), " arguments, ", argument_count, " given");
        size_t positional = 0;
        while (positional < argument_count && !arguments[positional].name) ++positional;
        torch::jit::Stack stack;
        stack.reserve(formal.size());
        size_t used = positional;
        for (size_t i = 0; i < formal.size(); ++i) {
            const EdiyValue *value = i < positional ? &arguments[i] : &omitted;
            for (size_t k = positional; k < argument_count; ++k)
                if (formal[i].name() == arguments[k].name) value = &arguments[k], ++used;
            stack.push_back(box(*value, formal[i]));
        }
        TORCH_CHECK(used == argument_count, "a keyword argument is not in the schema ", op.schema);
        if (op.is_product && rounds_products()) {
            c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
            round_arguments(stack);
            op.handle.callBoxed(stack);
            round_results(stack);
        } else {
            op.handle.callBoxed(stack);
        }
        for (const auto &value : stack) unbox(value, results, capacity, *result_count);
    });
    if (message) {
        for (size_t i = 0; i < *result_count; ++i)
            if (results[i].tag == EDIY_TENSOR) delete &tensor(results[i].tensor);
        *result_count = 0;
    }
    return message;
}

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

bool set_autocast(int32_t device_type, bool enabled, int32_t dtype) {
#if TORCH_VERSION_MAJOR >= 2
    const auto device = static_cast<at::DeviceType>(device_type);
    const bool before = at::autocast::is_autocast_enabled(device);
    at::autocast::set_autocast_enabled(device, enabled);
    if (enabled) at::autocast::set_autocast_dtype(device, at::ScalarType(dtype));
#else
    const bool cuda = static_cast<at::DeviceType>(device_type) == at::kCUDA;
    const bool before = cuda ? at::autocast::is_enabled() : at::autocast::is_cpu_enabled();
    if (cuda) {
        at::autocast::set_enabled(enabled);
        if (enabled) at::autocast::set_autocast_gpu_dtype(at::ScalarType(dtype));
    } else {
        at::autocast::set_cpu_enabled(enabled);
        if (enabled) at::autocast::set_autocast_cpu_dtype(at::ScalarType(dtype));
    }
#endif
    if (static_cast<at::DeviceType>(device_type) == at::kCPU)
        rounds_products() = enabled && at::ScalarType(dtype) == at::kBFloat16 && lacks_bfloat16();
    // Weights cast for the region must not outlive it: the optimizer changes them in place.
    if (!enabled) at::autocast::clear_cache();
    return before;
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
    .find_operator = find_operator,
    .call = call,
    .release = [](EdiyTensor *t) { delete &tensor(t); },
    .from_host = from_host,
    .to_host = to_host,
    .rank = [](const EdiyTensor *t) { return tensor(t).dim(); },
    .size = [](const EdiyTensor *t, int64_t d) { return tensor(t).sizes()[d]; },
    .element_count = [](const EdiyTensor *t) { return tensor(t).numel(); },
    .dtype = [](const EdiyTensor *t) { return static_cast<int32_t>(tensor(t).scalar_type()); },
    .is_contiguous =
        [](const EdiyTensor *t, int32_t format) { return tensor(t).is_contiguous(at::MemoryFormat(format)); },
    .shares_storage = [](const EdiyTensor *a, const EdiyTensor *b) { return tensor(a).is_alias_of(tensor(b)); },
    .device_type = [](const EdiyTensor *t) { return static_cast<int32_t>(tensor(t).device().type()); },
    .device_index = [](const EdiyTensor *t) { return static_cast<int32_t>(tensor(t).device().index()); },
    .backward = backward,
    .grad = grad,
    .set_grad = [](EdiyTensor *t, const EdiyTensor *g) { tensor(t).mutable_grad() = g ? tensor(g) : at::Tensor(); },
    .requires_grad = [](const EdiyTensor *t) { return tensor(t).requires_grad(); },
    .set_requires_grad =
        [](EdiyTensor *t, bool value) { return guarded([&] { tensor(t).set_requires_grad(value); }); },
    .is_grad_enabled = [] { return at::GradMode::is_enabled(); },
    .set_grad_enabled = [](bool enabled) { at::GradMode::set_enabled(enabled); },
    .set_autocast = set_autocast,
    .make_generator = make_generator,
    .release_generator = [](EdiyGenerator *g) { delete reinterpret_cast<at::Generator *>(g); },
    .make_group =
        [](const EdiyPlace *place, EdiyGroup **result) {
            return guarded([&] { *result = reinterpret_cast<EdiyGroup *>(new ProcessGroup(*place)); });
        },
    .release_group = [](EdiyGroup *g) { delete &group(g); },
    .all_reduce =
        [](EdiyGroup *g, EdiyTensor *const *tensors, size_t count, double scale) {
            return guarded([&] { group(g).all_reduce(all(tensors, count), scale); });
        },
    .all_gather = all_gather,
    .broadcast =
        [](EdiyGroup *g, EdiyTensor *const *tensors, size_t count, int32_t root) {
            return guarded([&] { group(g).broadcast(all(tensors, count), root); });
        },
    .thread_count = [] { return static_cast<int32_t>(at::get_num_threads()); },
    .set_thread_count = [](int32_t count) { at::set_num_threads(count); },
    .cuda_device_count = [] { return static_cast<int32_t>(torch::cuda::device_count()); },
    .describe = []() -> char * { return strdup(at::show_config().c_str()); },
};

/// Has the libraries of the process share its cores and its memory well. What the environment asks for goes first.
void settle() {
    // Debian's build begins with one thread; PyTorch's with all cores.
    if (!getenv("OMP_NUM_THREADS")) at::set_num_threads(static_cast<int>(std::thread::hardware_concurrency()));
    // After each product OpenBLAS's threads spin for milliseconds, on the cores that OpenMP's threads need.
    using SetThreads = void (*)(int);
    const auto openblas = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
    if (openblas && !getenv("OPENBLAS_NUM_THREADS")) openblas(1);
    keep_tensor_memory();
    // What else is large, oneDNN's scratch, goes back to malloc and not to the system, whose fresh pages cost a fault each.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

}  // namespace
}  // namespace ediy

extern "C" __attribute__((visibility("default"))) const EdiyTorch *ediy_torch(void) {
    ediy::settle();
    return &ediy::table;
}
