// A loop over several threads: those of libtorch's own OpenMP where they can be had, since threads made anew cost tens
// of microseconds an operator, and a second pool would fight the first for the cores. Clang's pragmas need a runtime of
// their own.
#pragma once
#include <ATen/Parallel.h>

#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "operators/cpu/VectorLevel.h"

namespace ediy {

/// body(part) for each part of 0 ..< parts, on as many threads, at this thread's level of vectors.
template <typename Body> void each_part(int64_t parts, const Body &body) {
    if (parts == 1) return body(0);
    struct Shared {
        const Body &body;
        const int64_t parts;
        const EdiyVectorLevel level;
        std::atomic<int64_t> next{0};
        std::exception_ptr error;
        std::mutex lock;

        void work() {
            vector_level() = level;
            try {
                for (int64_t p; (p = next.fetch_add(1)) < parts;) body(p);
            } catch (...) {
                const std::lock_guard<std::mutex> guard(lock);
                error = std::current_exception();
            }
        }
    } shared{body, parts, vector_level()};
    // libgomp's entry point, which GCC's pragmas call.
    using Team = void (*)(void (*)(void *), void *, unsigned, unsigned);
    static const auto team = reinterpret_cast<Team>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
    if (team) {
        team([](void *s) { static_cast<Shared *>(s)->work(); }, &shared, static_cast<unsigned>(parts), 0);
    } else {
        std::vector<std::thread> threads;
        for (int64_t p = 1; p < parts; ++p) threads.emplace_back([&shared] { shared.work(); });
        shared.work();
        for (auto &thread : threads) thread.join();
    }
    if (shared.error) std::rethrow_exception(shared.error);
}

/// How many threads share `count` pieces of work of which one should take `least` at once.
inline int64_t part_count(int64_t count, int64_t least) {
    return std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), count / std::max<int64_t>(least, 1)));
}

/// body(begin, end) over parts of 0 ..< count, on as many threads as an operator may use.
template <typename Body> void parallel(int64_t count, int64_t least, const Body &body) {
    const int64_t parts = part_count(count, least);
    each_part(parts, [&](int64_t p) { body(count * p / parts, count * (p + 1) / parts); });
}

} // namespace ediy
