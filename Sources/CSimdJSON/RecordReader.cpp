#include "RecordReader.h"

#include <cmath>
#include <memory>
#include <optional>

#include "ShapeReader.h"
#include "Values.h"

namespace od = simdjson::ondemand;

namespace {

/// Malformed JSON between records, which simdjson lets pass.
struct Malformed {
    std::string what;
};

/// A record's faults name this many places of each kind at most.
constexpr size_t most_places = 1000;

class Reader {
public:
    Reader(CocoPart &part, const Window &window)
        : part(part), first_record(window.first_record), file_offset(window.file_offset) {}

    /// Of the window, −1 where it is none.
    int64_t record = -1;

    /// The place in the file of what is read now.
    int64_t byte(od::document &document) const {
        const char *at = nullptr;
        if (document.current_location().get(at)) return file_offset;
        return file_offset + (at - part.masks.text.data()) - 1;
    }

    void read(od::document &document) {
        od::array array;
        if (auto error = document.get_array().get(array)) throw simdjson::simdjson_error(error);
        for (od::value value : array) {
            ++record;
            noted.clear();
            own_id.reset();
            od::object object;
            if (value.get_object().get(object)) {
                noted.push_back({"must be an object", byte(document)});
            } else {
                switch (part.section) {
                case COCO_IMAGES:
                    image(object, document);
                    break;
                case COCO_CATEGORIES:
                    category(object, document);
                    break;
                default:
                    this->object(object, document);
                }
            }
            for (const auto &note : noted) add_fault(note);
        }
        record = -1;
        const char *rest;
        if (!document.current_location().get(rest))
            throw Malformed{"malformed JSON: a comma or a bracket was expected"};
    }

private:
    struct Note {
        std::string what;
        int64_t byte;
    };

    CocoPart &part;
    const int64_t first_record, file_offset;
    /// What is wrong with the record that is read.
    std::vector<Note> noted;
    std::optional<int64_t> own_id;
    std::string id_text;

    void add_fault(const Note &note) {
        CocoPart::Fault *fault = nullptr;
        for (auto &known : part.faults)
            if (known.what == note.what) fault = &known;
        if (!fault) fault = &part.faults.emplace_back(CocoPart::Fault{note.what, 0, {}});
        ++fault->count;
        if (fault->places.size() < most_places)
            fault->places.push_back({first_record + record, note.byte, own_id.value_or(0), own_id.has_value()});
    }

    /// Gives each field to `body`; what is wrong with one is noted, and the next ones are read.
    template <typename Body> void fields(od::object object, od::document &document, Body body) {
        for (auto field : object) {
            try {
                const od::raw_json_string key = field.key();
                od::value value = field.value();
                body(key, value);
            } catch (const Wrong &e) {
                noted.push_back({e.what, byte(document)});
            }
        }
    }

    void note(const char *what, od::document &document) { noted.push_back({what, byte(document)}); }

    int64_t id(od::value value, const char *key, bool *is_quoted = nullptr) {
        id_text.clear();
        if (is_quoted && is_string(value)) *is_quoted = true;
        const int64_t id = identifier(value, key, id_text);
        auto &texts = part.texts;
        if (!id_text.empty() && texts.places.emplace(id, texts.ids.size()).second) {
            texts.ids.push_back(id);
            texts.texts += id_text;
            texts.starts.push_back(static_cast<int64_t>(texts.texts.size()));
        }
        return id;
    }

    void own(od::value value, bool *is_quoted = nullptr) {
        if (own_id) throw Wrong{"has two ids"};
        own_id = id(value, "id", is_quoted);
    }

    void ids(od::value value, const char *key, std::vector<int64_t> &into) {
        if (is_null(value)) return;
        for (od::value number : list(value, key)) into.push_back(id(number, key));
    }

    void image(od::object object, od::document &document) {
        auto &out = part.images;
        int64_t width = -1, height = -1;
        std::string name;
        const size_t negatives = out.negatives.size(), inexhaustive = out.inexhaustive.size();
        const auto side = [](od::value value, const char *key) {
            if (is_null(value)) return int64_t(-1);
            const int64_t pixels = whole(value, key);
            if (!is_size(pixels, 0)) throw Wrong{"width and height must be 0 to 2^20, and under 2^31 pixels"};
            return pixels;
        };
        fields(object, document, [&](const od::raw_json_string &key, od::value value) {
            if (key == "id") {
                own(value, &out.has_quoted_ids);
            } else if (key == "width") {
                width = side(value, "width");
            } else if (key == "height") {
                height = side(value, "height");
            } else if (key == "file_name") {
                name = text(value, "file_name");
            } else if (key == "neg_category_ids") {
                ids(value, "neg_category_ids", out.negatives);
            } else if (key == "not_exhaustive_category_ids") {
                ids(value, "not_exhaustive_category_ids", out.inexhaustive);
            }
        });
        if (width >= 0 && height >= 0 && !is_size(height, width)) {
            note("width and height must be 0 to 2^20, and under 2^31 pixels", document);
            width = height = -1;
        }
        if (!own_id) {
            out.negatives.resize(negatives);
            out.inexhaustive.resize(inexhaustive);
            return note("has no id", document);
        }
        out.ids.push_back(*own_id);
        out.widths.push_back(width);
        out.heights.push_back(height);
        out.names += name;
        out.name_starts.push_back(static_cast<int64_t>(out.names.size()));
        out.negative_starts.push_back(static_cast<int64_t>(out.negatives.size()));
        out.inexhaustive_starts.push_back(static_cast<int64_t>(out.inexhaustive.size()));
    }

    void category(od::object object, od::document &document) {
        auto &out = part.categories;
        std::string name, super, frequency;
        fields(object, document, [&](const od::raw_json_string &key, od::value value) {
            if (key == "id") {
                own(value, &out.has_quoted_ids);
            } else if (key == "name") {
                name = text(value, "name");
            } else if (key == "supercategory") {
                super = text(value, "supercategory");
            } else if (key == "frequency") {
                frequency = text(value, "frequency");
            }
        });
        if (!own_id) return note("has no id", document);
        out.ids.push_back(*own_id);
        for (const auto &string : {name, super, frequency}) {
            out.names += string;
            out.name_starts.push_back(static_cast<int64_t>(out.names.size()));
        }
    }

    void object(od::object object, od::document &document) {
        auto &out = part.objects;
        auto &masks = part.masks;
        const bool results = part.section == COCO_DETECTIONS;
        std::optional<int64_t> image, category;
        int64_t visible = -1;
        bool box = false, ignored = false, keypoints = false, crowd = false;
        double area = NAN, score = NAN, corners[4] = {NAN, NAN, NAN, NAN};
        uint8_t kind = COCO_MASK_NONE;
        int32_t size[2] = {};
        fields(object, document, [&](const od::raw_json_string &key, od::value value) {
            if (key == "image_id") {
                image = id(value, "image_id");
            } else if (key == "category_id") {
                category = id(value, "category_id");
            } else if (key == "bbox") {
                box = read_box(value, corners);
            } else if (key == "segmentation") {
                if (kind != COCO_MASK_NONE) throw Wrong{"has two segmentations"};
                kind = COCO_MASK_UNUSABLE;
                kind = read_segmentation(masks, value, size);
            } else if (results && key == "score") {
                score = real(value, "score");
            } else if (!results && key == "id") {
                own(value);
            } else if (!results && key == "area") {
                if (!is_null(value)) area = real(value, "area");
            } else if (!results && key == "iscrowd") {
                crowd = flag(value, "iscrowd");
            } else if (!results && (key == "ignore" || key == "difficult")) {
                ignored |= flag(value, "ignore");
            } else if (!results && key == "num_keypoints") {
                if (!is_null(value)) visible = whole(value, "num_keypoints");
            } else if (key == "keypoints") {
                if (keypoints) throw Wrong{"has two lists of keypoints"};
                keypoints = read_keypoints(out.keypoints, value);
            }
        });
        if (!results && !own_id) note("has no id", document);
        if (!image) note("has no image_id", document);
        if (!category) note("has no category_id", document);
        // What a fault stands in is no second fault.
        if (results && noted.empty()) {
            if (std::isnan(score)) note("has no score", document);
            const bool has_mask = kind != COCO_MASK_NONE && kind < COCO_MASK_EMPTY;
            if (!box && !keypoints && !has_mask) note("has neither bbox nor segmentation nor keypoints", document);
        }
        if ((!results && !own_id) || !image || !category) return drop();
        if (results) {
            out.scores.push_back(score);
        } else {
            out.ids.push_back(*own_id);
            out.areas.push_back(area);
            out.is_crowd.push_back(crowd);
            out.is_ignored.push_back(ignored);
            out.visible.push_back(visible);
        }
        out.image_ids.push_back(*image);
        out.category_ids.push_back(*category);
        out.boxes.insert(out.boxes.end(), corners, corners + 4);
        out.has_box.push_back(box);
        out.keypoint_starts.push_back(static_cast<int64_t>(out.keypoints.size()));
        masks.kinds.push_back(kind);
        masks.sizes.insert(masks.sizes.end(), size, size + 2);
        masks.part_starts.push_back(static_cast<int64_t>(masks.part_lengths.size()));
        masks.number_starts.push_back(static_cast<int64_t>(masks.numbers.size()));
        masks.text_starts.push_back(static_cast<int64_t>(masks.text_size));
    }

    /// Takes back what an object that is left out has put into the lists that others share.
    void drop() {
        part.objects.keypoints.resize(static_cast<size_t>(part.objects.keypoint_starts.back()));
        part.masks.part_lengths.resize(static_cast<size_t>(part.masks.part_starts.back()));
        part.masks.numbers.resize(static_cast<size_t>(part.masks.number_starts.back()));
        part.masks.text_size = static_cast<size_t>(part.masks.text_starts.back());
    }
};

} // namespace

CocoPart *read_records(Window window, od::parser &parser) {
    auto part = std::make_unique<CocoPart>();
    part->section = static_cast<CocoSection>(window.section);
    part->masks.text = std::move(window.bytes);
    Buffer &bytes = part->masks.text;
    const simdjson::padded_string_view json(bytes.data(), bytes.size() - simdjson::SIMDJSON_PADDING, bytes.size());
    od::document document;
    Reader reader(*part, window);
    bool open = false;
    const auto problem = [&](const std::string &what) {
        return Problem{what, open ? reader.byte(document) : window.file_offset,
                       reader.record < 0 ? -1 : window.first_record + reader.record};
    };
    try {
        if (auto error = parser.iterate(json).get(document)) throw simdjson::simdjson_error(error);
        open = true;
        reader.read(document);
    } catch (const Malformed &e) {
        throw problem(e.what);
    } catch (const simdjson::simdjson_error &e) {
        throw problem(std::string("malformed JSON: ") + simdjson::error_message(e.error()));
    }
    bytes.shrink(part->masks.text_size);
    // Vectors grow to twice what they hold, and these are most of a file.
    part->masks.numbers.shrink_to_fit();
    part->masks.part_lengths.shrink_to_fit();
    return part.release();
}
