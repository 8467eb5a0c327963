#include "RecordFrame.h"

#include <cstring>

namespace {

/// The byte behind a string's closing quote, of a string whose first byte is at `at`; `end` where it is not closed.
const char *behind_string(const char *at, const char *end) {
    const char *from = at;
    while (const void *found = std::memchr(from, '"', static_cast<size_t>(end - from))) {
        const char *closing = static_cast<const char *>(found);
        const char *slash = closing;
        while (slash > at && slash[-1] == '\\') --slash;
        if ((closing - slash) % 2 == 0) return closing + 1;
        from = closing + 1;
    }
    return end;
}

/// The nearest byte before `at` that is no space; `first` where there is none.
const char *before(const char *at, const char *first) {
    while (at > first && is_space(at[-1])) --at;
    return at > first ? at - 1 : first;
}

} // namespace

Frame::Frame(const char *at, const char *end) {
    int64_t depth = 0;
    while (at < end) {
        switch (marks[static_cast<uint8_t>(*at)]) {
        case Mark::quote:
            at = behind_string(at + 1, end);
            continue;
        case Mark::open:
            ++depth;
            break;
        case Mark::close:
            if (depth == 0) {
                cut = at;
                closed = true;
                return;
            }
            --depth;
            break;
        case Mark::comma:
            if (depth == 0) {
                cut = at;
                ++commas;
            }
            break;
        case Mark::none:
            break;
        }
        ++at;
    }
}

const char *guessed_cut(const char *first, const char *end) {
    for (const char *at = first; (at = static_cast<const char *>(std::memchr(at, ']', static_cast<size_t>(end - at))));
         ++at) {
        const char *last = before(at, first);
        if (*last == '}' || last == first) return nullptr;
    }
    for (const char *at = end - 1; at > first; --at) {
        if (*at != ',' || *before(at, first) != '}') continue;
        const char *next = at + 1;
        while (next < end && is_space(*next)) ++next;
        if (next < end && *next == '{') return at;
    }
    return nullptr;
}
