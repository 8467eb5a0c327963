#include "distributed/ProcessGroup.h"

#include <torch/version.h>

// What libtorch was built with, as its headers ask for it.
#define USE_C10D_GLOO
#if TORCH_VERSION_MAJOR >= 2 && __has_include(<nccl.h>) && __has_include(<cuda_runtime_api.h>)
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <cstdlib>

#include "distributed/Buckets.h"
#include "distributed/Pulse.h"

namespace ediy {
namespace {

#if TORCH_VERSION_MAJOR >= 2
using Backend = c10d::Backend;
#else
using Backend = c10d::ProcessGroup;
#endif
using Milliseconds = std::chrono::milliseconds;

/// - waits: until all are there; once a process.
c10::intrusive_ptr<c10d::TCPStore> meet(const EdiyPlace &place, bool waits) {
    c10d::TCPStoreOptions options;
    options.port = place.port;
    options.isServer = waits && place.rank == 0;
    options.numWorkers = static_cast<std::size_t>(place.size);
    options.waitWorkers = waits;
    options.timeout = Milliseconds(place.meeting_timeout);
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    // From then on it would be libuv's unless told otherwise, without which Debian builds libtorch.
    options.useLibUV = false;
#endif
    return c10::make_intrusive<c10d::TCPStore>(place.host, options);
}

std::shared_ptr<gloo::transport::Device> gloo_device(const std::string &host) {
    // As torch.distributed has it: the variable names interfaces, separated by commas.
    if (const char *names = getenv("GLOO_SOCKET_IFNAME")) {
        const std::string all(names);
        return c10d::ProcessGroupGloo::createDeviceForInterface(all.substr(0, all.find(',')));
    }
    // On one machine its own name need not resolve.
    if (host == "localhost" || host.rfind("127.", 0) == 0)
        return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
    return c10d::ProcessGroupGloo::createDefaultDevice();
}

} // namespace

struct ProcessGroup::Parts {
    const int size;
    const Milliseconds timeout;
    c10::intrusive_ptr<c10d::TCPStore> store;
    c10::intrusive_ptr<Backend> gloo, nccl;
    std::unique_ptr<Pulse> pulse;

    explicit Parts(const EdiyPlace &place) : size(place.size), timeout(place.timeout) {
        store = meet(place, true);
        auto options = c10d::ProcessGroupGloo::Options::create(Milliseconds(place.meeting_timeout));
        options->devices.push_back(gloo_device(place.host));
        options->timeout = timeout;
        auto part = [&](const char *name) { return c10::make_intrusive<c10d::PrefixStore>(name, store); };
        gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(part("gloo"), place.rank, place.size, options);
#ifdef USE_C10D_NCCL
        if (at::hasCUDA()) {
            auto settings = c10d::ProcessGroupNCCL::Options::create();
            settings->timeout = timeout;
            nccl = c10::make_intrusive<c10d::ProcessGroupNCCL>(part("nccl"), place.rank, place.size, settings);
        }
#endif
        pulse = std::make_unique<Pulse>(meet(place, false), place.rank, place.size);
        // Every process has a pulse before one is asked for.
        gloo->barrier()->wait();
    }

    /// Runs what needs the others; a failure says who is gone.
    template <typename Body> void together(const Body &body) {
        try {
            body();
        } catch (const std::exception &e) {
            std::string reason(e.what());
            reason = reason.substr(0, reason.find('\n'));
            // Gloo begins with the place in its source.
            if (!reason.empty() && reason[0] == '[' && reason.find("] ") != std::string::npos)
                reason = reason.substr(reason.find("] ") + 2);
            const auto missing = pulse->missing();
            const bool several = missing.find(',') != std::string::npos;
            const auto of = " of " + std::to_string(size);
            throw std::runtime_error(
                EDIY_LOST +
                (missing.empty()
                     ? "no answer of the others" + of + " within " + std::to_string(timeout.count() / 1000) + " s"
                     : (several ? "processes " : "process ") + missing + of + (several ? " are gone" : " is gone")) +
                " (" + reason + ")");
        }
    }

    /// A tensor as the others take it: of a CUDA device through the host where there is no NCCL.
    at::Tensor travelling(const at::Tensor &t) const { return t.is_cuda() && !nccl ? t.cpu() : t; }

    Backend &backend(const at::Tensor &t) const { return t.is_cuda() ? *nccl : *gloo; }

    /// Runs `start` on each bucket where it can travel, all at the same time, and puts back what came.
    template <typename Start, typename Finish>
    void travel(const std::vector<at::Tensor> &tensors, const Start &start, const Finish &finish) {
        at::NoGradGuard no_grad;
        auto all = buckets(tensors);
        together([&] {
            std::vector<c10::intrusive_ptr<c10d::Work>> works;
            for (auto &bucket : all) {
                bucket.flat[0] = travelling(bucket.flat[0]);
                works.push_back(start(backend(bucket.flat[0]), bucket.flat));
            }
            for (auto &work : works) work->wait();
        });
        for (auto &bucket : all) {
            finish(bucket.flat[0]);
            bucket.unpack();
        }
    }
};

ProcessGroup::ProcessGroup(const EdiyPlace &place) : parts(std::make_unique<Parts>(place)) {}
ProcessGroup::~ProcessGroup() = default;

void ProcessGroup::all_reduce(const std::vector<at::Tensor> &tensors, double scale) {
    parts->travel(
        tensors, [](Backend &backend, std::vector<at::Tensor> &flat) { return backend.allreduce(flat); },
        [scale](at::Tensor &flat) {
            if (scale != 1) flat.mul_(scale);
        });
}

void ProcessGroup::broadcast(const std::vector<at::Tensor> &tensors, int root) {
    parts->travel(
        tensors,
        [root](Backend &backend, std::vector<at::Tensor> &flat) {
            c10d::BroadcastOptions options;
            options.rootRank = root;
            options.rootTensor = 0;
            return backend.broadcast(flat, options);
        },
        [](at::Tensor &) {});
}

std::vector<at::Tensor> ProcessGroup::all_gather(const at::Tensor &tensor) {
    at::NoGradGuard no_grad;
    std::vector<at::Tensor> own{parts->travelling(tensor).contiguous()};
    std::vector<std::vector<at::Tensor>> all(1);
    for (int i = 0; i < parts->size; ++i) all[0].push_back(at::empty_like(own[0]));
    parts->together([&] { parts->backend(own[0]).allgather(all, own)->wait(); });
    for (auto &t : all[0]) t = t.to(tensor.device());
    return all[0];
}

} // namespace ediy
