// Every operator of the dispatcher by its name, libtorch's, ours, and those of any library that is loaded.
#pragma once
#include "CTorch.h"

namespace ediy {

// As the table has them.
char *find_operator(const char *name, const char *overload, EdiyOperator **result);
char *call(const EdiyOperator *op, const EdiyValue *arguments, size_t argument_count, EdiyValue *results,
           size_t capacity, size_t *result_count);

} // namespace ediy
