// Which kernels of our own ran: what tests ask, since a result does not tell who made it.
#pragma once
#include <cstdint>

#include "CTorch.h"

namespace ediy {

/// How often operators that this thread called ran a kernel; the way back counts as well.
inline int64_t &kernel_runs(EdiyKernel kernel) {
    thread_local int64_t runs[EDIY_KERNELS] = {};
    return runs[kernel];
}

} // namespace ediy
