// The frame of a list of records, found without parsing what is in them.
#pragma once
#include <array>
#include <cstdint>

/// What a record list's frame depends on; all other bytes are passed over.
enum class Mark : uint8_t { none, quote, open, close, comma };

inline constexpr std::array<Mark, 256> marks = [] {
    std::array<Mark, 256> table{};
    table['"'] = Mark::quote;
    table['{'] = table['['] = Mark::open;
    table['}'] = table[']'] = Mark::close;
    table[','] = Mark::comma;
    return table;
}();

inline bool is_space(int c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// The frame of a list of records, as far as the bytes go.
struct Frame {
    /// The last comma between two records, or the bracket that closes the list; null where there is neither.
    const char *cut = nullptr;
    bool closed = false;
    int64_t commas = 0;

    Frame() = default;
    Frame(const char *at, const char *end);
};

/// A comma between what look like two records, found without reading what lies before it; null where the list might end
/// in these bytes, or no comma is seen. Wrong only where a list of objects inside a record reaches over the end, or a
/// string looks like one: then what comes before the comma is no list of whole records, and parsing it fails.
const char *guessed_cut(const char *first, const char *end);
