// Cuts a COCO file into windows of whole records without parsing them.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>

#include "Buffer.h"

/// What is wrong in a file, and where: −1 for a place that is not known.
struct Problem {
    std::string what;
    int64_t byte = -1, record = -1;
};

enum class Section { images, annotations, categories, detections };

/// A list of records of its own, "[{…},{…}]", with room behind it for simdjson to look ahead.
struct Window {
    Section section = Section::detections;
    Buffer bytes;
    /// The place in the file of the byte behind the bracket that opens the list here.
    int64_t file_offset = 0;
    /// The number of the first record among those of its list in the file; not counted where cuts are guessed.
    int64_t first_record = 0;
};

class RecordWindows {
public:
    /// Guessing is quick, and may be wrong: then parsing fails. Throws `Problem` when the file cannot be opened.
    RecordWindows(const char *path, bool results, size_t window, bool guesses);
    RecordWindows(const RecordWindows &) = delete;
    ~RecordWindows();

    /// The next window in the order of the file; false at its end. Throws `Problem` where the file's frame is broken.
    bool next(Window &window);

    /// Whether the file has a list of images, annotations or categories, as far as it was read.
    bool has(Section section) const { return seen[static_cast<size_t>(section)]; }

private:
    enum class State { start, key, list, after_value, finished };

    int file = -1;
    const bool results, guesses;
    const size_t window_size;
    State state = State::start;
    Section section = Section::detections;
    bool seen[3] = {};
    int64_t record = 0;
    bool after_comma = false;

    /// Bytes that are read and not used yet, and the place in the file of the first of them.
    Buffer ahead;
    size_t position = 0;
    int64_t offset = 0;

    size_t read_some(Buffer &into, size_t most);
    int peek();
    int peek_behind_space();
    void pass_mark();
    void expect(char wanted, const char *problem);
    std::string string();
    void skip_value();
    bool enter_list();
    bool cut(Window &window);
    [[noreturn]] void broken(const std::string &what);
    [[noreturn]] void cut_short();
};
