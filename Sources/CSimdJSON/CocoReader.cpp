#include <fcntl.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "CSimdJSON.h"

namespace od = simdjson::ondemand;

namespace {

/// The bytes of a file, and room behind them for simdjson to look ahead.
class Buffer {
  public:
    Buffer() = default;
    Buffer(const Buffer &) = delete;
    ~Buffer() { std::free(bytes); }

    char *data() const { return bytes; }
    size_t size() const { return count; }
    size_t capacity() const { return room; }

    /// False with errno set when the file cannot be read.
    bool read(const char *path) {
        const int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) return false;
        struct stat status;
        bool good = fstat(file, &status) == 0;
        if (good) resize(static_cast<size_t>(status.st_size) + 1 + simdjson::SIMDJSON_PADDING);
        while (good) {
            // A pipe tells no size.
            if (room - count <= simdjson::SIMDJSON_PADDING) resize(2 * room);
            const ssize_t got = ::read(file, bytes + count, room - count - simdjson::SIMDJSON_PADDING);
            if (got == 0) break;
            if (got > 0) count += static_cast<size_t>(got);
            good = got > 0 || errno == EINTR;
        }
        const int reason = errno;
        close(file);
        errno = reason;
        if (good) std::memset(bytes + count, 0, room - count);
        return good;
    }

    /// Keeps the first `size` bytes and gives the memory of the others back.
    void shrink(size_t size) {
        count = size;
        resize(std::max<size_t>(size, 1));
    }

    /// The caller frees what it is given.
    char *take() {
        char *taken = bytes;
        bytes = nullptr;
        return taken;
    }

  private:
    char *bytes = nullptr;
    size_t count = 0, room = 0;

    void resize(size_t size) {
        void *moved = std::realloc(bytes, size);
        if (!moved) throw std::bad_alloc();
        bytes = static_cast<char *>(moved);
        room = size;
    }
};

}  // namespace

struct CocoFile {
    /// While it is read the file; in the end its compressed masks, one after the other.
    Buffer buffer;
    struct Objects {
        std::vector<int64_t> ids, image_ids, category_ids, part_starts{0}, number_starts{0}, text_starts{0}, part_lengths;
        std::vector<double> boxes, areas, scores, numbers;
        std::vector<uint8_t> has_box, is_crowd, mask_kinds;
        std::vector<int32_t> mask_sizes;
        size_t text_size = 0;
    } objects;
    struct Images {
        std::vector<int64_t> ids, widths, heights, name_starts{0};
        std::string names;
    } images;
    struct Categories {
        std::vector<int64_t> ids, name_starts{0};
        std::string names;
    } categories;
};

namespace {

/// What is wrong with the content, as opposed to the syntax.
struct Wrong {
    std::string what;
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

bool is_null(od::value value) { return value.type() == od::json_type::null; }

class Reader {
  public:
    Reader(CocoFile &file, bool results) : file(file), results(results) {}

    int64_t record = -1;

    void read(od::document &document) {
        if (results) {
            od::array array;
            expect(document.get_array().get(array), "a results file must be a list of detections");
            objects(array, &Reader::object);
        } else {
            od::object root;
            expect(document.get_object().get(root), "an annotation file must be an object");
            bool seen[3] = {};
            for (auto field : root) {
                const od::raw_json_string key = field.key();
                if (key == "images") {
                    once(seen[0], "images");
                    objects(list(field.value(), "images"), &Reader::image);
                } else if (key == "annotations") {
                    once(seen[1], "annotations");
                    objects(list(field.value(), "annotations"), &Reader::object);
                } else if (key == "categories") {
                    once(seen[2], "categories");
                    objects(list(field.value(), "categories"), &Reader::category);
                }
            }
            if (!seen[0]) throw Wrong{"has no list of images"};
            if (!seen[1]) throw Wrong{"has no list of annotations"};
            if (!seen[2]) throw Wrong{"has no list of categories"};
        }
        record = -1;
        const char *rest;
        if (!document.current_location().get(rest)) throw Wrong{"there is text after the end"};
    }

  private:
    CocoFile &file;
    const bool results;

    void once(bool &seen, const char *key) {
        if (seen) throw Wrong{std::string("has two lists of ") + key};
        seen = true;
    }

    /// A document of another type is wrong; one that simdjson cannot open is malformed.
    static void expect(simdjson::error_code error, const char *type) {
        if (error == simdjson::INCORRECT_TYPE) throw Wrong{type};
        if (error) throw simdjson::simdjson_error(error);
    }

    od::array list(od::value value, const char *key) {
        od::array out;
        if (value.get_array().get(out)) wrong(key, "a list");
        return out;
    }

    void objects(od::array array, void (Reader::*one)(od::object)) {
        record = -1;
        for (od::value value : array) {
            ++record;
            od::object object;
            if (value.get_object().get(object)) throw Wrong{"must be an object"};
            (this->*one)(object);
        }
        record = -1;
    }

    void image(od::object object) {
        auto &out = file.images;
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
            }
        }
        if (!id) throw Wrong{"has no id"};
        if (!is_size(height, width)) throw Wrong{"width and height must be 0 to 2^20, and under 2^31 pixels"};
        out.widths.push_back(width);
        out.heights.push_back(height);
        out.name_starts.push_back(static_cast<int64_t>(out.names.size()));
    }

    void category(od::object object) {
        auto &out = file.categories;
        bool id = false;
        std::string name, super;
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
            }
        }
        if (!id) throw Wrong{"has no id"};
        for (const auto &part : {name, super}) {
            out.names += part;
            out.name_starts.push_back(static_cast<int64_t>(out.names.size()));
        }
    }

    void object(od::object object) {
        auto &out = file.objects;
        bool id = false, image = false, category = false, score = false, box = false;
        int64_t id_value = 0, image_value = 0, category_value = 0, crowd = 0;
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
                od::value value = field.value();
                bool flag;
                if (value.type() == od::json_type::boolean) {
                    if (value.get_bool().get(flag)) wrong("iscrowd", "0 or 1");
                    crowd = flag;
                } else {
                    crowd = whole(value, "iscrowd");
                }
            }
        }
        if (!results && !id) throw Wrong{"has no id"};
        if (!image) throw Wrong{"has no image_id"};
        if (!category) throw Wrong{"has no category_id"};
        if (results && !score) throw Wrong{"has no score"};
        if (results && !box && kind == COCO_MASK_NONE) throw Wrong{"has neither bbox nor segmentation"};
        if (results) {
            out.scores.push_back(score_value);
        } else {
            out.ids.push_back(id_value);
            out.areas.push_back(area);
            out.is_crowd.push_back(crowd != 0);
        }
        out.image_ids.push_back(image_value);
        out.category_ids.push_back(category_value);
        out.boxes.insert(out.boxes.end(), corners, corners + 4);
        out.has_box.push_back(box);
        out.mask_kinds.push_back(kind);
        out.mask_sizes.insert(out.mask_sizes.end(), size, size + 2);
        out.part_starts.push_back(static_cast<int64_t>(out.part_lengths.size()));
        out.number_starts.push_back(static_cast<int64_t>(out.numbers.size()));
        out.text_starts.push_back(static_cast<int64_t>(out.text_size));
    }

    /// Moves a mask's string to the front of the file's own buffer, over what was read already: the strings are most of
    /// a file, and lie in memory once.
    void keep(std::string_view token) {
        const size_t end = token.rfind('"');
        const char *from = token.data() + 1, *stop = token.data() + end;
        char *to = file.buffer.data() + file.objects.text_size;
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
        file.objects.text_size = static_cast<size_t>(to - file.buffer.data());
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
        auto &out = file.objects;
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
                    keep(counts.raw_json_token());
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
        return kind;
    }
};

void report(CocoProblem *problem, const std::string &message, int64_t byte, int64_t record) {
    std::strncpy(problem->message, message.c_str(), sizeof problem->message - 1);
    problem->message[sizeof problem->message - 1] = 0;
    problem->byte = byte;
    problem->record = record;
}

}  // namespace

CocoFile *coco_read(const char *path, bool results, CocoProblem *problem) {
    auto file = new CocoFile;
    try {
        if (!file->buffer.read(path)) {
            report(problem, std::string("cannot be read: ") + std::strerror(errno), -1, -1);
            delete file;
            return nullptr;
        }
        const simdjson::padded_string_view json(file->buffer.data(), file->buffer.size(), file->buffer.capacity());
        od::parser parser;
        od::document document;
        Reader reader(*file, results);
        bool open = false;
        auto place = [&]() -> int64_t {
            const char *at = nullptr;
            return !open || document.current_location().get(at) ? -1 : at - json.data();
        };
        try {
            if (auto error = parser.iterate(json).get(document)) throw simdjson::simdjson_error(error);
            open = true;
            reader.read(document);
            file->buffer.shrink(file->objects.text_size);
            return file;
        } catch (const Wrong &e) {
            report(problem, e.what, place(), reader.record);
        } catch (const simdjson::simdjson_error &e) {
            // simdjson looks for the closing bracket first, and reads nothing where it is missing.
            const bool cut = e.error() == simdjson::INCOMPLETE_ARRAY_OR_OBJECT;
            report(problem, cut ? "ends in the middle of a list or an object" : std::string("malformed JSON: ") + simdjson::error_message(e.error()),
                   cut ? static_cast<int64_t>(file->buffer.size()) : place(), reader.record);
        }
    } catch (const std::bad_alloc &) {
        report(problem, "not enough memory to read it", -1, -1);
    }
    delete file;
    return nullptr;
}

void coco_close(CocoFile *file) { delete file; }

CocoObjects coco_objects(const CocoFile *file) {
    const auto &o = file->objects;
    return {static_cast<int64_t>(o.image_ids.size()), o.ids.data(), o.image_ids.data(), o.category_ids.data(), o.boxes.data(),
            o.has_box.data(), o.areas.data(), o.scores.data(), o.is_crowd.data(), o.mask_kinds.data(),
            o.mask_sizes.data(), o.part_starts.data(), o.number_starts.data(), o.text_starts.data(),
            o.part_lengths.data(), o.numbers.data()};
}

char *coco_take_text(CocoFile *file) { return file->buffer.take(); }

CocoImages coco_images(const CocoFile *file) {
    const auto &i = file->images;
    return {static_cast<int64_t>(i.ids.size()), i.ids.data(), i.widths.data(), i.heights.data(), i.name_starts.data(),
            i.names.data()};
}

CocoCategories coco_categories(const CocoFile *file) {
    const auto &c = file->categories;
    return {static_cast<int64_t>(c.ids.size()), c.ids.data(), c.name_starts.data(), c.names.data()};
}
