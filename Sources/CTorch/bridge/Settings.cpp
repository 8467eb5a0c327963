#include "bridge/Settings.h"

#include <ATen/Parallel.h>
#include <c10/util/Logging.h>
#include <dlfcn.h>
#include <malloc.h>

#include <cstdlib>
#include <thread>

#include "memory/Allocator.h"
#include "operators/cpu/VectorLevel.h"

namespace ediy {

void settle(const char *vector_level) {
    if (vector_level) start_at_vector_level(vector_level);
    // libtorch 2 reads TORCH_CPP_LOG_LEVEL here alone, and Python is who calls it there.
    c10::initLogging();
    // Debian's build begins with one thread; PyTorch's with all cores.
    if (!getenv("OMP_NUM_THREADS")) at::set_num_threads(static_cast<int>(std::thread::hardware_concurrency()));
    // After each product OpenBLAS's threads spin for milliseconds, on the cores that OpenMP's threads need.
    using SetThreads = void (*)(int);
    const auto openblas = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
    if (openblas && !getenv("OPENBLAS_NUM_THREADS")) openblas(1);
    keep_tensor_memory();
    // What else is large, oneDNN's scratch, goes back to malloc and not to the system, whose fresh pages cost a fault
    // each.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

} // namespace ediy
