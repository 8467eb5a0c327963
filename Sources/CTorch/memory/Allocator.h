#pragma once

namespace ediy {

/// From now on tensors of CPUs are made in memory that the process keeps.
void keep_tensor_memory();

} // namespace ediy
