#include "bridge/Dispatcher.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include "bridge/Values.h"

namespace ediy {
namespace {

struct Op {
    c10::OperatorHandle handle;
    const c10::FunctionSchema &schema;
};

} // namespace

char *find_operator(const char *name, const char *overload, EdiyOperator **result) {
    return guarded([&] {
        auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
        *result = reinterpret_cast<EdiyOperator *>(new Op{handle, handle.schema()});
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
        op.handle.callBoxed(stack);
        for (const auto &value : stack) unbox(value, results, capacity, *result_count);
    });
    if (message) {
        for (size_t i = 0; i < *result_count; ++i)
            if (results[i].tag == EDIY_TENSOR) delete &tensor(results[i].tensor);
        *result_count = 0;
    }
    return message;
}

} // namespace ediy
