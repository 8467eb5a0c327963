#include "ShapeReader.h"

#include <algorithm>

namespace od = simdjson::ondemand;

namespace {

/// Lists of numbers, each a polygon. Where the first has no three corners, pycocotools has no mask either.
uint8_t read_polygons(CocoPart::Masks &out, Value value) {
    const size_t first = out.part_lengths.size();
    bool is_nested = true;
    for (Value polygon : value.get_array()) {
        // One list of numbers, not nested.
        if (is_nested && polygon.type() != od::json_type::array) is_nested = false;
        if (!is_nested) continue;
        const size_t before = out.numbers.size();
        for (Value number : list(polygon, "a polygon")) out.numbers.push_back(real(number, "a polygon's coordinate"));
        out.part_lengths.push_back(static_cast<int64_t>(out.numbers.size() - before));
    }
    if (is_nested && out.part_lengths.size() == first) return COCO_MASK_EMPTY;
    const bool is_mask = is_nested && out.part_lengths.size() > first && out.part_lengths[first] > 4;
    return is_mask ? COCO_MASK_POLYGONS : COCO_MASK_UNUSABLE;
}

/// [height, width].
void read_size(Value value, int32_t *size) {
    int n = 0;
    for (Value side : list(value, "size")) {
        const int64_t pixels = whole(side, "size");
        if (n == 2 || !is_size(pixels, 0)) wrong("size", "[height, width], each 0 to 2^20");
        size[n++] = static_cast<int32_t>(pixels);
    }
    if (n != 2 || !is_size(size[0], size[1])) wrong("size", "[height, width], each 0 to 2^20, under 2^31 pixels");
}

/// Moves a mask's string to the front of the window's own memory, over what was read already: the strings are most of a
/// file, and lie in memory once.
void keep(CocoPart::Masks &out, std::string_view token) {
    const size_t end = token.rfind('"');
    const char *from = token.data() + 1, *stop = token.data() + end;
    char *to = out.text.data() + out.text_size;
    while (from < stop) {
        if (*from != '\\') {
            *to++ = *from++;
        } else if (from[1] == '\\') {
            *to++ = '\\';
            from += 2;
        } else {
            throw Wrong{"counts hold an escape that stands for no code"};
        }
    }
    out.text_size = static_cast<size_t>(to - out.text.data());
}

uint8_t read_runs(CocoPart::Masks &out, Value value, int32_t *size) {
    uint8_t kind = COCO_MASK_NONE;
    bool sized = false;
    std::string_view compressed;
    for (auto field : value.get_object()) {
        const od::raw_json_string key = field.key();
        if (key == "size") {
            read_size(field.value(), size);
            sized = true;
        } else if (key == "counts") {
            if (kind != COCO_MASK_NONE) throw Wrong{"has counts twice"};
            Value counts = field.value();
            if (is_string(counts)) {
                compressed = counts.raw_json_token();
                kind = COCO_MASK_COMPRESSED;
            } else {
                for (Value run : list(counts, "counts")) {
                    const int64_t length = whole(run, "counts");
                    if (length < 0 || length > UINT32_MAX) wrong("counts", "run lengths of 0 to 2^32");
                    out.numbers.push_back(static_cast<double>(length));
                }
                kind = COCO_MASK_COUNTS;
            }
        }
    }
    if (!sized || kind == COCO_MASK_NONE) wrong("segmentation", "polygons, or an object with size and counts");
    // Only behind the object: simdjson looks at a string's first byte once more to pass over it, and a window's first
    // mask may reach there.
    if (kind == COCO_MASK_COMPRESSED) keep(out, compressed);
    return kind;
}

} // namespace

bool read_box(Value value, double *corners) {
    if (is_null(value)) return false;
    od::array array;
    if (value.get_array().get(array)) wrong("bbox", "a list of four numbers");
    int n = 0;
    double numbers[4];
    for (Value number : array) {
        if (n == 4) wrong("bbox", "a list of four numbers");
        numbers[n++] = real(number, "bbox");
    }
    if (n == 0) return false;
    if (n != 4) wrong("bbox", "a list of four numbers");
    std::copy(numbers, numbers + 4, corners);
    return true;
}

bool read_keypoints(std::vector<double> &out, Value value) {
    if (is_null(value)) return false;
    const size_t before = out.size();
    for (Value number : list(value, "keypoints")) out.push_back(real(number, "keypoints"));
    if ((out.size() - before) % 3 != 0) wrong("keypoints", "a list of x, y, v for each point");
    return out.size() > before;
}

bool is_size(int64_t height, int64_t width) {
    const int64_t most = 1 << 20;
    return height >= 0 && width >= 0 && height <= most && width <= most && height * width <= INT32_MAX;
}

uint8_t read_segmentation(CocoPart::Masks &out, Value value, int32_t *size) {
    switch (value.type()) {
    case od::json_type::null:
        return COCO_MASK_EMPTY;
    case od::json_type::array:
        return read_polygons(out, value);
    case od::json_type::object:
        return read_runs(out, value, size);
    default:
        wrong("segmentation", "polygons, or an object with size and counts");
    }
}
