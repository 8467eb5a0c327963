// Memory of malloc's that grows, shrinks and is handed on.
#pragma once
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

class Buffer {
public:
    Buffer() = default;
    Buffer(Buffer &&other) noexcept { swap(other); }
    Buffer &operator=(Buffer &&other) noexcept {
        swap(other);
        return *this;
    }
    ~Buffer() { std::free(bytes); }

    char *data() const { return bytes; }
    size_t size() const { return count; }
    size_t capacity() const { return room; }

    /// Room for `size` bytes at least; what is there stays.
    void reserve(size_t size) {
        if (size > room) resize(size);
    }

    /// Says that `more` bytes were written behind the others.
    void grow(size_t more) { count += more; }

    void append(const char *from, size_t length) {
        reserve(count + length);
        if (length > 0) std::memcpy(bytes + count, from, length);
        count += length;
    }

    /// Keeps the first `size` bytes and gives the memory of the others back.
    void shrink(size_t size) {
        count = size;
        resize(size > 0 ? size : 1);
    }

private:
    char *bytes = nullptr;
    size_t count = 0, room = 0;

    void swap(Buffer &other) {
        std::swap(bytes, other.bytes);
        std::swap(count, other.count);
        std::swap(room, other.room);
    }

    void resize(size_t size) {
        void *moved = std::realloc(bytes, size);
        if (!moved) throw std::bad_alloc();
        bytes = static_cast<char *>(moved);
        room = size;
    }
};
