#include "bridge/Values.h"

namespace ediy {
namespace {

/// The type inside an optional one, and itself otherwise.
c10::TypePtr wanted(const c10::Argument &argument) {
    // The real type keeps what the schema's flattened type forgets (dtype and device as numbers).
    auto type = argument.type();
    if (auto optional = type->cast<c10::OptionalType>()) return optional->getElementType();
    return type;
}

c10::IValue tensors(const EdiyValue &value, const c10::TypePtr &type) {
    auto list = type->cast<c10::ListType>();
    const bool optional = list && list->getElementType()->kind() == c10::TypeKind::OptionalType;
    if (optional) {
        c10::List<c10::optional<at::Tensor>> out;
        out.reserve(value.count);
        for (int64_t i = 0; i < value.count; ++i)
            out.push_back(value.tensors[i] ? c10::optional<at::Tensor>(tensor(value.tensors[i])) : c10::nullopt);
        return out;
    }
    c10::List<at::Tensor> out;
    out.reserve(value.count);
    for (int64_t i = 0; i < value.count; ++i) out.push_back(value.tensors[i] ? tensor(value.tensors[i]) : at::Tensor());
    return out;
}

} // namespace

char *message(const std::string &text, bool is_memory) noexcept {
    // Libraries beneath libtorch say so in words of their own, and it hands them on as errors of no kind.
    for (const char *words : {"out of memory", "can't allocate memory", "ALLOC_FAILED"})
        is_memory = is_memory || text.find(words) != std::string::npos;
    return strdup(((is_memory ? EDIY_NO_MEMORY : "") + text).c_str());
}

c10::IValue box(const EdiyValue &value, const c10::Argument &argument) {
    const auto type = wanted(argument);
    switch (value.tag) {
    case EDIY_DEFAULT:
        if (argument.default_value()) return *argument.default_value();
        TORCH_CHECK(argument.type()->kind() == c10::TypeKind::OptionalType, "argument '", argument.name(),
                    "' is missing and has no default");
        return c10::IValue();
    case EDIY_NONE:
        // An undefined tensor is how the boxed convention spells a missing `Tensor`.
        return type->kind() == c10::TypeKind::TensorType && argument.type()->kind() != c10::TypeKind::OptionalType
                   ? c10::IValue(at::Tensor())
                   : c10::IValue();
    case EDIY_TENSOR:
        if (type->kind() == c10::TypeKind::ListType) return c10::List<at::Tensor>({tensor(value.tensor)});
        return tensor(value.tensor);
    case EDIY_INT:
        if (type->kind() == c10::TypeKind::FloatType) return static_cast<double>(value.integer);
        if (type->kind() == c10::TypeKind::BoolType) return value.integer != 0;
        return value.integer;
    case EDIY_DOUBLE:
        return value.real;
    case EDIY_BOOL:
        return value.boolean;
    case EDIY_INTS:
        return c10::List<int64_t>(at::ArrayRef<int64_t>(value.integers, value.count));
    case EDIY_DOUBLES:
        return c10::List<double>(at::ArrayRef<double>(value.reals, value.count));
    case EDIY_BOOLS: {
        c10::List<bool> out;
        for (int64_t i = 0; i < value.count; ++i) out.push_back(value.booleans[i]);
        return out;
    }
    case EDIY_TENSORS:
        return tensors(value, type);
    case EDIY_STRING:
        if (type->kind() == c10::TypeKind::DeviceObjType) return c10::Device(value.string);
        return std::string(value.string);
    case EDIY_GENERATOR:
        return *reinterpret_cast<at::Generator *>(value.generator);
    }
    TORCH_CHECK(false, "argument '", argument.name(), "' has an unknown tag");
}

void unbox(const c10::IValue &value, EdiyValue *results, size_t capacity, size_t &count) {
    auto next = [&]() -> EdiyValue & {
        TORCH_CHECK(count < capacity, "more results than the caller made room for (", capacity, ")");
        results[count] = EdiyValue{};
        return results[count++];
    };
    if (value.isTensor()) {
        auto &out = next();
        const auto &t = value.toTensor();
        out.tag = t.defined() ? EDIY_TENSOR : EDIY_NONE;
        if (t.defined()) out.tensor = own(t);
    } else if (value.isTensorList()) {
        const auto list = value.toTensorVector();
        TORCH_CHECK(count + list.size() <= capacity, list.size(), " tensors, and room for ", capacity);
        for (const auto &t : list) {
            auto &out = next();
            out.tag = EDIY_TENSOR;
            out.tensor = own(t);
        }
    } else if (value.isInt()) {
        auto &out = next();
        out.tag = EDIY_INT;
        out.integer = value.toInt();
    } else if (value.isDouble()) {
        auto &out = next();
        out.tag = EDIY_DOUBLE;
        out.real = value.toDouble();
    } else if (value.isBool()) {
        auto &out = next();
        out.tag = EDIY_BOOL;
        out.boolean = value.toBool();
    } else if (value.isNone()) {
        next().tag = EDIY_NONE;
    } else if (value.isScalar()) {
        auto &out = next();
        out.tag = EDIY_DOUBLE;
        out.real = value.toScalar().toDouble();
    } else {
        TORCH_CHECK(false, "a result of type ", value.tagKind(), " has no place in the table");
    }
}

} // namespace ediy
