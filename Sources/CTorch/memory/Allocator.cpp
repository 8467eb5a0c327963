// Memory for the tensors of CPUs, kept and given out again: a step of training asks for the same gigabytes each time,
// and the system's fresh pages cost a fault each, which is more than what is then done with them. Large tensors come
// from segments of huge pages, the smallest free block that fits first; free neighbours become one. Small ones are
// malloc's.
#include "memory/Allocator.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>
#include <torch/version.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

namespace ediy {
namespace {

constexpr size_t large = 1 << 20; // from here on in segments
constexpr size_t unit = 1 << 16;  // of which sizes are multiples
constexpr size_t page = 2 << 20;  // a huge one
constexpr size_t least_segment = 256 << 20;

class Segments {
public:
    void *take(size_t bytes) {
        const size_t size = (bytes + unit - 1) / unit * unit;
        const std::lock_guard<std::mutex> guard(lock);
        auto found = free.lower_bound({size, nullptr});
        if (found == free.end()) {
            if (!grow(size)) return nullptr;
            found = free.lower_bound({size, nullptr});
        }
        char *const begin = found->second;
        const size_t whole = found->first;
        free.erase(found);
        auto &block = blocks[begin];
        block.used = true;
        if (whole > size) {
            block.size = size;
            blocks[begin + size] = {whole - size, false, false};
            free.insert({whole - size, begin + size});
        }
        return begin;
    }

    /// Whether the memory was of a segment.
    bool give_back(void *pointer) {
        const std::lock_guard<std::mutex> guard(lock);
        auto at = blocks.find(static_cast<char *>(pointer));
        if (at == blocks.end()) return false;
        at->second.used = false;
        const auto next = std::next(at);
        if (next != blocks.end() && !next->second.used && !next->second.first) {
            free.erase({next->second.size, next->first});
            at->second.size += next->second.size;
            blocks.erase(next);
        }
        if (!at->second.first) {
            const auto before = std::prev(at);
            if (!before->second.used) {
                free.erase({before->second.size, before->first});
                before->second.size += at->second.size;
                blocks.erase(at);
                at = before;
            }
        }
        free.insert({at->second.size, at->first});
        return true;
    }

private:
    struct Block {
        size_t size;
        bool used;
        bool first; // of its segment: no neighbour before it
    };

    bool grow(size_t size) {
        const size_t length = (std::max(size, least_segment) + page - 1) / page * page;
        // Room to begin where a huge page does.
        void *const mapped = mmap(nullptr, length + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) return false;
        const auto address = reinterpret_cast<uintptr_t>(mapped);
        char *const begin = reinterpret_cast<char *>((address + page - 1) / page * page);
        madvise(begin, length, MADV_HUGEPAGE);
        blocks[begin] = {length, false, true};
        free.insert({length, begin});
        return true;
    }

    std::mutex lock;
    std::map<char *, Block> blocks;           // by place
    std::set<std::pair<size_t, char *>> free; // by size, then place
};

// Never destroyed: tensors of other static variables may outlive it.
Segments &segments() {
    static auto *const made = new Segments;
    return *made;
}

class TensorMemory final : public at::Allocator {
public:
#if TORCH_VERSION_MAJOR >= 2 && (TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 3)
    at::DataPtr allocate(size_t bytes) override { return make(bytes); }
    void copy_data(void *to, const void *from, std::size_t count) const override { default_copy_data(to, from, count); }
#else
    at::DataPtr allocate(size_t bytes) const override { return make(bytes); }
#endif
    at::DeleterFnPtr raw_deleter() const override { return release; }

private:
    static at::DataPtr make(size_t bytes) {
        void *pointer = nullptr;
        if (bytes >= large)
            pointer = segments().take(bytes);
        else if (bytes > 0 && posix_memalign(&pointer, 64, bytes) != 0)
            pointer = nullptr;
        TORCH_CHECK_WITH(OutOfMemoryError, pointer || bytes == 0, "no block of ", bytes, " bytes");
        return {pointer, pointer, release, at::kCPU};
    }

    static void release(void *pointer) {
        // Blocks begin at multiples of the unit; of malloc's memory only little does.
        if (reinterpret_cast<uintptr_t>(pointer) % unit != 0 || !segments().give_back(pointer)) std::free(pointer);
    }
};

} // namespace

void keep_tensor_memory() {
    static auto *const memory = new TensorMemory;
    // Above the priority of libtorch's own.
    c10::SetCPUAllocator(memory, 100);
}

} // namespace ediy
