#pragma once
#include "operators/Operators.h"

namespace ediy {

/// Whether `filtered_conv` takes these in float32, and outruns libtorch's.
bool filters_float(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias);

/// Whether `filtered_conv` takes these with x rounded to bfloat16, and outruns bfloat16's own products.
bool filters_bfloat16(const at::Tensor &x, const at::Tensor &weight, const MaybeTensor &bias);

} // namespace ediy
