#include "RecordWindows.h"

#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <initializer_list>

#include "RecordFrame.h"

RecordWindows::RecordWindows(const char *path, bool results, size_t window, bool guesses)
    : results(results), guesses(guesses), window_size(window) {
    file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) throw Problem{std::string("cannot be read: ") + std::strerror(errno)};
}

RecordWindows::~RecordWindows() {
    if (file >= 0) close(file);
}

/// Appends what the file gives next, `most` bytes at most; 0 at its end.
size_t RecordWindows::read_some(Buffer &into, size_t most) {
    into.reserve(into.size() + most + simdjson::SIMDJSON_PADDING);
    while (true) {
        const ssize_t got = ::read(file, into.data() + into.size(), most);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw Problem{std::string("cannot be read: ") + std::strerror(errno)};
        into.grow(static_cast<size_t>(got));
        return static_cast<size_t>(got);
    }
}

/// The next byte, left where it is; −1 at the end of the file.
int RecordWindows::peek() {
    if (position == ahead.size()) {
        offset += static_cast<int64_t>(position);
        position = 0;
        ahead = Buffer();
        if (read_some(ahead, 1 << 16) == 0) return -1;
    }
    return static_cast<uint8_t>(ahead.data()[position]);
}

int RecordWindows::peek_behind_space() {
    while (is_space(peek())) ++position;
    return peek();
}

/// Passes over UTF-8's byte order mark, which Windows writes; names what is no text of UTF-8 at all.
void RecordWindows::pass_mark() {
    const int first = peek();
    const auto begins = [&](std::initializer_list<uint8_t> bytes) {
        return ahead.size() >= bytes.size() && std::memcmp(ahead.data(), bytes.begin(), bytes.size()) == 0;
    };
    if (first < 0) return;
    if (begins({0xEF, 0xBB, 0xBF})) position += 3;
    if (begins({0x1F, 0x8B})) throw Problem{"is packed by gzip: unpack it first, with gunzip"};
    if (begins({0xFF, 0xFE}) || begins({0xFE, 0xFF})) throw Problem{"is written in UTF-16: write it in UTF-8"};
}

void RecordWindows::broken(const std::string &what) { throw Problem{what, offset + static_cast<int64_t>(position)}; }

void RecordWindows::cut_short() { broken("ends in the middle of a list or an object"); }

void RecordWindows::expect(char wanted, const char *problem) {
    const int c = peek_behind_space();
    if (c < 0) cut_short();
    if (c != wanted) broken(problem);
    ++position;
}

/// The bytes between two quotes, escapes as they stand; only the first ones of a long string.
std::string RecordWindows::string() {
    std::string text;
    ++position;
    bool escaped = false;
    for (int c = peek(); c >= 0; c = peek()) {
        ++position;
        if (c == '"' && !escaped) return text;
        escaped = c == '\\' && !escaped;
        if (text.size() < 64) text += static_cast<char>(c);
    }
    cut_short();
}

/// Passes over a value that nobody reads.
void RecordWindows::skip_value() {
    int64_t depth = 0;
    bool any = false;
    for (int c = peek_behind_space(); c >= 0; c = peek()) {
        const Mark mark = marks[static_cast<uint8_t>(c)];
        if (depth == 0 && (mark == Mark::comma || mark == Mark::close)) {
            if (!any) broken("malformed JSON: a key without a value");
            return;
        }
        any = true;
        if (mark == Mark::quote) {
            string();
            continue;
        }
        depth += mark == Mark::open ? 1 : mark == Mark::close ? -1 : 0;
        ++position;
    }
    cut_short();
}

/// Reads the root's keys up to the next list of records; false when its closing brace comes first.
bool RecordWindows::enter_list() {
    static const char *const names[] = {"images", "annotations", "categories"};
    while (true) {
        int c = peek_behind_space();
        if (c < 0) cut_short();
        if (state == State::after_value) {
            ++position;
            if (c == '}') return false;
            if (c != ',') {
                --position;
                broken("malformed JSON: no comma between two keys");
            }
            state = State::key;
            continue;
        }
        if (c == '}' && !seen[0] && !seen[1] && !seen[2]) {
            ++position;
            return false;
        }
        if (c != '"') broken("malformed JSON: a key was expected");
        const std::string key = string();
        expect(':', "malformed JSON: no colon behind a key");
        const auto name = std::find(std::begin(names), std::end(names), key);
        state = State::after_value;
        if (name == std::end(names)) {
            skip_value();
            continue;
        }
        const size_t which = static_cast<size_t>(name - names);
        if (seen[which]) throw Problem{"has two lists of " + key};
        seen[which] = true;
        expect('[', (key + " must be a list").c_str());
        section = static_cast<Section>(which);
        return true;
    }
}

bool RecordWindows::next(Window &window) {
    if (state == State::start) {
        pass_mark();
        const int c = peek_behind_space();
        if (c < 0) broken("is empty");
        if (c != (results ? '[' : '{'))
            throw Problem{results ? "a results file must be a list of detections"
                                  : "an annotation file must be an object"};
        ++position;
        state = results ? State::list : State::key;
    }
    while (true) {
        switch (state) {
        case State::list:
            if (cut(window)) return true;
            break;
        case State::finished:
            return false;
        default:
            if (!results && enter_list()) {
                state = State::list;
                record = 0;
                after_comma = false;
                break;
            }
            if (peek_behind_space() >= 0) broken("there is text after the end");
            state = State::finished;
            return false;
        }
    }
}

/// Takes whole records of the list; false when none are left. Then the state says that the list is over.
bool RecordWindows::cut(Window &window) {
    Buffer bytes;
    const size_t left = ahead.size() - position;
    bytes.reserve(1 + std::max(left, window_size) + simdjson::SIMDJSON_PADDING);
    bytes.append("[", 1);
    bytes.append(ahead.data() + position, left);
    offset += static_cast<int64_t>(position);
    ahead = Buffer();
    position = 0;
    bool ended = false;
    for (size_t wanted = window_size;; wanted *= 2) {
        while (!ended && bytes.size() < wanted) ended = read_some(bytes, wanted - bytes.size() + 1) == 0;
        const char *const first = bytes.data() + 1, *const end = bytes.data() + bytes.size();
        Frame frame;
        if (guesses) frame.cut = guessed_cut(first, end);
        if (!frame.cut) frame = Frame(first, end);
        if (!frame.closed && ended) {
            position = static_cast<size_t>(end - first);
            cut_short();
        }
        // A record larger than the window.
        if (!frame.cut) continue;
        ahead.append(frame.cut + 1, static_cast<size_t>(end - frame.cut) - 1);
        window.file_offset = offset;
        offset += frame.cut + 1 - first;
        const bool empty = std::all_of(first, frame.cut, [](char c) { return is_space(c); });
        if (frame.closed) {
            if (*frame.cut != ']' || (empty && after_comma)) broken("malformed JSON: a record was expected");
            state = State::after_value;
            if (empty) return false;
        }
        bytes.data()[frame.cut - bytes.data()] = ']';
        bytes.shrink(static_cast<size_t>(frame.cut + 1 - bytes.data()) + simdjson::SIMDJSON_PADDING);
        window.section = section;
        window.first_record = record;
        record += frame.commas;
        after_comma = true;
        window.bytes = std::move(bytes);
        return true;
    }
}
