#include "RecordReader.h"

#include <cmath>
#include <memory>

#include "CSimdJSON.h"

namespace od = simdjson::ondemand;

namespace {

/// What is wrong with the content, as opposed to the syntax.
struct Wrong {
    std::string what;
    bool content = true;
};

[[noreturn]] void wrong(const char *key, const char *expected) {
    throw Wrong{std::string(key) + " must be " + expected};
}

int64_t whole(od::value value, const char *key) {
    int64_t out;
    if (value.get_int64().get(out)) wrong(key, "a whole number of at most 64 bits");
    return out;
}

double real(od::value value, const char *key) {
    double out;
    if (value.get_double().get(out) || !std::isfinite(out)) wrong(key, "a finite number");
    return out;
}

std::string_view text(od::value value, const char *key) {
    std::string_view out;
    if (value.get_string().get(out)) wrong(key, "a string");
    return out;
}

/// Small enough for run lengths of 32 bits.
bool is_size(int64_t height, int64_t width) {
    const int64_t most = 1 << 20;
    return height >= 0 && width >= 0 && height <= most && width <= most && height * width <= INT32_MAX;
}

/// 0 and 1, or false and true.
bool flag(od::value value, const char *key) {
    bool out;
    if (value.type() != od::json_type::boolean) return whole(value, key) != 0;
    if (value.get_bool().get(out)) wrong(key, "0 or 1");
    return out;
}

bool is_null(od::value value) { return value.type() == od::json_type::null; }

class Reader {
  public:
    explicit Reader(CocoPart &part, Section section) : part(part), section(section) {}

    int64_t record = -1;

    void read(od::document &document) {
        od::array array;
        if (auto error = document.get_array().get(array)) throw simdjson::simdjson_error(error);
        for (od::value value : array) {
            ++record;
            od::object object;
            if (value.get_object().get(object)) throw Wrong{"must be an object"};
            switch (section) {
            case Section::images: image(object); break;
            case Section::categories: category(object); break;
            default: this->object(object);
            }
        }
        record = -1;
        const char *rest;
        if (!document.current_location().get(rest)) throw Wrong{"malformed JSON: a comma or a bracket was expected", false};
    }

  private:
    CocoPart &part;
    const Section section;

    od::array list(od::value value, const char *key) {
        od::array out;
        if (value.get_array().get(out)) wrong(key, "a list");
        return out;
    }

    void whole_numbers(od::value value, const char *key, std::vector<int64_t> &into) {
        for (od::value number : list(value, key)) into.push_back(whole(number, key));
    }

    void image(od::object object) {
        auto &out = part.images;
        bool id = false;
        int64_t width = 0, height = 0;
        for (auto field : object) {
            const od::raw_json_string key = field.key();
            if (key == "id") {
                if (id) throw Wrong{"has two ids"};
                out.ids.push_back(whole(field.value(), "id"));
                id = true;
            } else if (key == "width") {
                width = whole(field.value(), "width");
            } else if (key == "height") {
                height = whole(field.value(), "height");
            } else if (key == "file_name") {
                out.names += text(field.value(), "file_name");
            } else if (key == "neg_category_ids") {
                whole_numbers(field.value(), "neg_category_ids", out.negatives);
            } else if (key == "not_exhaustive_category_ids") {
                whole_numbers(field.value(), "not_exhaustive_category_ids", out.inexhaustive);
            }
        }
        if (!id) throw Wrong{"has no id"};
        if (!is_size(height, width)) throw Wrong{"width and height must be 0 to 2^20, and under 2^31 pixels"};
        out.widths.push_back(width);
        out.heights.push_back(height);
        out.name_starts.push_back(static_cast<int64_t>(out.names.size()));
        out.negative_starts.push_back(static_cast<int64_t>(out.negatives.size()));
        out.inexhaustive_starts.push_back(static_cast<int64_t>(out.inexhaustive.size()));
    }

    void category(od::object object) {
        auto &out = part.categories;
        bool id = false;
        std::string name, super, frequency;
        for (auto field : object) {
            const od::raw_json_string key = field.key();
            if (key == "id") {
                if (id) throw Wrong{"has two ids"};
                out.ids.push_back(whole(field.value(), "id"));
                id = true;
            } else if (key == "name") {
                name = text(field.value(), "name");
            } else if (key == "supercategory") {
                od::value value = field.value();
                if (!is_null(value)) super = text(value, "supercategory");
            } else if (key == "frequency") {
                frequency = text(field.value(), "frequency");
            }
        }
        if (!id) throw Wrong{"has no id"};
        for (const auto &string : {name, super, frequency}) {
            out.names += string;
            out.name_starts.push_back(static_cast<int64_t>(out.names.size()));
        }
    }

    void object(od::object object) {
        auto &out = part.objects;
        auto &masks = part.masks;
        const bool results = section == Section::detections;
        bool id = false, image = false, category = false, score = false, box = false, ignored = false, keypoints = false;
        int64_t id_value = 0, image_value = 0, category_value = 0, visible = -1;
        bool crowd = false;
        double area = NAN, score_value = 0, corners[4] = {};
        uint8_t kind = COCO_MASK_NONE;
        int32_t size[2] = {};
        for (auto field : object) {
            const od::raw_json_string key = field.key();
            if (key == "image_id") {
                image_value = whole(field.value(), "image_id");
                image = true;
            } else if (key == "category_id") {
                category_value = whole(field.value(), "category_id");
                category = true;
            } else if (key == "bbox") {
                od::value value = field.value();
                if (!is_null(value)) box = bbox(value, corners);
            } else if (key == "segmentation") {
                od::value value = field.value();
                if (kind != COCO_MASK_NONE) throw Wrong{"has two segmentations"};
                kind = mask(value, size);
            } else if (results && key == "score") {
                score_value = real(field.value(), "score");
                score = true;
            } else if (!results && key == "id") {
                id_value = whole(field.value(), "id");
                id = true;
            } else if (!results && key == "area") {
                area = real(field.value(), "area");
            } else if (!results && key == "iscrowd") {
                crowd = flag(field.value(), "iscrowd");
            } else if (!results && (key == "ignore" || key == "difficult")) {
                ignored |= flag(field.value(), "ignore");
            } else if (!results && key == "num_keypoints") {
                visible = whole(field.value(), "num_keypoints");
            } else if (key == "keypoints") {
                if (keypoints) throw Wrong{"has two lists of keypoints"};
                od::value value = field.value();
                if (!is_null(value)) keypoints = points(value);
            }
        }
        if (!results && !id) throw Wrong{"has no id"};
        if (!image) throw Wrong{"has no image_id"};
        if (!category) throw Wrong{"has no category_id"};
        if (results && !score) throw Wrong{"has no score"};
        if (results && !box && !keypoints && kind == COCO_MASK_NONE)
            throw Wrong{"has neither bbox nor segmentation nor keypoints"};
        if (results) {
            out.scores.push_back(score_value);
        } else {
            out.ids.push_back(id_value);
            out.areas.push_back(area);
            out.is_crowd.push_back(crowd);
            out.is_ignored.push_back(ignored);
            out.visible.push_back(visible);
        }
        out.image_ids.push_back(image_value);
        out.category_ids.push_back(category_value);
        out.boxes.insert(out.boxes.end(), corners, corners + 4);
        out.has_box.push_back(box);
        out.keypoint_starts.push_back(static_cast<int64_t>(out.keypoints.size()));
        masks.kinds.push_back(kind);
        masks.sizes.insert(masks.sizes.end(), size, size + 2);
        masks.part_starts.push_back(static_cast<int64_t>(masks.part_lengths.size()));
        masks.number_starts.push_back(static_cast<int64_t>(masks.numbers.size()));
        masks.text_starts.push_back(static_cast<int64_t>(masks.text_size));
    }

    /// x, y, v and again; false for an empty list.
    bool points(od::value value) {
        auto &out = part.objects.keypoints;
        const size_t before = out.size();
        for (od::value number : list(value, "keypoints")) out.push_back(real(number, "keypoints"));
        if ((out.size() - before) % 3 != 0) wrong("keypoints", "a list of x, y, v for each point");
        return out.size() > before;
    }

    /// Moves a mask's string to the front of the window's own memory, over what was read already: the strings are
    /// most of a file, and lie in memory once.
    void keep(std::string_view token) {
        const size_t end = token.rfind('"');
        const char *from = token.data() + 1, *stop = token.data() + end;
        char *to = part.masks.text.data() + part.masks.text_size;
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
        part.masks.text_size = static_cast<size_t>(to - part.masks.text.data());
    }

    /// False for an empty list, which pycocotools takes for no box.
    bool bbox(od::value value, double *corners) {
        od::array array;
        if (value.get_array().get(array)) wrong("bbox", "a list of four numbers");
        int n = 0;
        for (od::value number : array) {
            if (n == 4) wrong("bbox", "a list of four numbers");
            corners[n++] = real(number, "bbox");
        }
        if (n == 0) return false;
        if (n != 4) wrong("bbox", "a list of four numbers");
        if (corners[2] < 0 || corners[3] < 0) wrong("bbox", "of a width and height of at least 0");
        return true;
    }

    uint8_t mask(od::value value, int32_t *size) {
        auto &out = part.masks;
        const od::json_type type = value.type();
        if (type == od::json_type::null) return COCO_MASK_NONE;
        if (type == od::json_type::array) {
            bool any = false;
            for (od::value polygon : value.get_array()) {
                const size_t before = out.numbers.size();
                for (od::value number : list(polygon, "a polygon")) {
                    const double coordinate = real(number, "a polygon's coordinate");
                    // Far beyond any picture, and small enough for the rasteriser's integers.
                    if (std::fabs(coordinate) > 1e6) wrong("a polygon's coordinate", "within ±1e6");
                    out.numbers.push_back(coordinate);
                }
                out.part_lengths.push_back(static_cast<int64_t>(out.numbers.size() - before));
                any = true;
            }
            return any ? COCO_MASK_POLYGONS : COCO_MASK_NONE;
        }
        if (type != od::json_type::object) wrong("segmentation", "polygons, or an object with size and counts");
        uint8_t kind = COCO_MASK_NONE;
        bool sized = false;
        std::string_view compressed;
        for (auto field : value.get_object()) {
            const od::raw_json_string key = field.key();
            if (key == "size") {
                int n = 0;
                for (od::value side : list(field.value(), "size")) {
                    const int64_t pixels = whole(side, "size");
                    if (n == 2 || pixels < 0 || pixels > 1 << 20) wrong("size", "[height, width], each 0 to 2^20");
                    size[n++] = static_cast<int32_t>(pixels);
                }
                if (n != 2 || !is_size(size[0], size[1])) wrong("size", "[height, width], each 0 to 2^20, under 2^31 pixels");
                sized = true;
            } else if (key == "counts") {
                if (kind != COCO_MASK_NONE) throw Wrong{"has counts twice"};
                od::value counts = field.value();
                if (counts.type() == od::json_type::string) {
                    compressed = counts.raw_json_token();
                    kind = COCO_MASK_COMPRESSED;
                } else {
                    for (od::value run : list(counts, "counts")) {
                        const int64_t length = whole(run, "counts");
                        if (length < 0 || length > UINT32_MAX) wrong("counts", "run lengths of 0 to 2^32");
                        out.numbers.push_back(static_cast<double>(length));
                    }
                    kind = COCO_MASK_COUNTS;
                }
            }
        }
        if (!sized || kind == COCO_MASK_NONE) wrong("segmentation", "polygons, or an object with size and counts");
        // Only behind the object: simdjson looks at a string's first byte once more to pass over it, and a window's first mask
        // may reach there.
        if (kind == COCO_MASK_COMPRESSED) keep(compressed);
        return kind;
    }
};

}  // namespace

CocoPart *read_records(Window window, od::parser &parser) {
    auto part = std::make_unique<CocoPart>();
    part->masks.text = std::move(window.bytes);
    Buffer &bytes = part->masks.text;
    const simdjson::padded_string_view json(bytes.data(), bytes.size() - simdjson::SIMDJSON_PADDING, bytes.size());
    od::document document;
    Reader reader(*part, window.section);
    bool open = false;
    const auto problem = [&](const std::string &what, bool content) {
        const char *at = nullptr;
        const bool known = open && !document.current_location().get(at);
        return Problem{
            what, known ? window.file_offset + (at - bytes.data()) - 1 : window.file_offset,
            reader.record < 0 ? -1 : window.first_record + reader.record, content};
    };
    try {
        if (auto error = parser.iterate(json).get(document)) throw simdjson::simdjson_error(error);
        open = true;
        reader.read(document);
    } catch (const Wrong &e) {
        throw problem(e.what, e.content);
    } catch (const simdjson::simdjson_error &e) {
        throw problem(std::string("malformed JSON: ") + simdjson::error_message(e.error()), false);
    }
    bytes.shrink(part->masks.text_size);
    // Vectors grow to twice what they hold, and these are most of a file.
    part->masks.numbers.shrink_to_fit();
    part->masks.part_lengths.shrink_to_fit();
    return part.release();
}
