// Between tagged C values and the dispatcher's boxed ones.
#pragma once
#include <ATen/core/ivalue.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/Generator.h>
#include <ATen/ATen.h>

#include <new>
#include <string>

#include "CTorch.h"

namespace ediy {

inline at::Tensor &tensor(EdiyTensor *t) { return *reinterpret_cast<at::Tensor *>(t); }
inline const at::Tensor &tensor(const EdiyTensor *t) { return *reinterpret_cast<const at::Tensor *>(t); }
inline EdiyTensor *own(at::Tensor t) { return reinterpret_cast<EdiyTensor *>(new at::Tensor(std::move(t))); }

/// The boxed value that `argument`'s schema asks for. Throws c10::Error where they do not fit.
c10::IValue box(const EdiyValue &value, const c10::Argument &argument);

/// Writes one boxed result as C values, after those already written; throws when they do not fit `capacity`.
void unbox(const c10::IValue &value, EdiyValue *results, size_t capacity, size_t &count);

/// `text` for `free_message`, marked where it says that memory ran out.
char *message(const std::string &text, bool is_memory) noexcept;

/// Runs `body`; an exception becomes a message for `free_message`, none becomes NULL.
template <typename Body> char *guarded(Body &&body) noexcept {
    try {
        body();
        return nullptr;
    } catch (const c10::Error &e) {
        return message(e.what_without_backtrace(), dynamic_cast<const c10::OutOfMemoryError *>(&e));
    } catch (const std::bad_alloc &e) {
        return message(e.what(), true);
    } catch (const std::exception &e) {
        return message(e.what(), false);
    } catch (...) {
        return strdup("an exception of an unknown kind");
    }
}

} // namespace ediy
