// A loop over several threads. Debian's libtorch is built with OpenMP, whose pragmas clang needs a second runtime for.
#pragma once
#include <ATen/Parallel.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace ediy {

/// body(begin, end) over parts of 0 ..< count, on as many threads as an operator may use.
template <typename Body>
void parallel(int64_t count, int64_t least, const Body &body) {
    const int64_t parts = std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), count / std::max<int64_t>(least, 1)));
    std::vector<std::thread> threads;
    for (int64_t p = 1; p < parts; ++p)
        threads.emplace_back([&body, count, parts, p] { body(count * p / parts, count * (p + 1) / parts); });
    body(0, count / parts);
    for (auto &thread : threads) thread.join();
}

}  // namespace ediy
