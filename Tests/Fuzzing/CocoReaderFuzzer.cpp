// Annotation and results files of strangers: reads each input as both, in windows of few bytes and in large ones, on one
// thread, and looks at every column. All ways must agree on whether a file is good.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "CSimdJSON.h"

namespace {

/// Touches what the columns point to, so that an over-read is seen.
uint64_t touch(CocoFile *file) {
    uint64_t sum = 0;
    const auto add = [&](const auto *values, int64_t count) {
        for (int64_t i = 0; i < count; ++i) sum = sum * 31 + static_cast<uint64_t>(values[i]);
    };
    for (int64_t p = 0; p < coco_part_count(file); ++p) {
        CocoPart *part = coco_take_part(file, p);
        const CocoObjects o = coco_objects(part);
        add(o.image_ids, o.count);
        add(o.category_ids, o.count);
        add(o.has_box, o.count);
        if (o.ids) add(o.ids, o.count);
        if (o.count) add(o.keypoint_starts, o.count + 1);
        for (int64_t i = 0; i < 4 * o.count; ++i) sum += o.boxes[i] != 0;
        const CocoImages images = coco_images(part);
        add(images.ids, images.count);
        if (images.count) add(images.names, images.name_starts[images.count]);
        if (images.count) add(images.negatives, images.negative_starts[images.count]);
        const CocoCategories categories = coco_categories(part);
        if (categories.count) add(categories.names, categories.name_starts[3 * categories.count]);
        coco_keep_masks(part);
        const CocoMasks m = coco_masks(part);
        add(m.kinds, m.count);
        if (m.count) {
            add(m.text, m.text_starts[m.count]);
            add(m.part_lengths, m.part_starts[m.count]);
            for (int64_t i = 0; i < m.number_starts[m.count]; ++i) sum += m.numbers[i] != 0;
        }
        coco_free_part(part);
    }
    coco_close(file);
    return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const int file = memfd_create("input", 0);
    static const std::string path = "/proc/self/fd/" + std::to_string(file);
    if (ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) abort();
    for (const bool results : {false, true}) {
        bool good = false;
        uint64_t sum = 0;
        for (const int64_t window : {int64_t(1) << 13, int64_t(1), int64_t(50)}) {
            CocoProblem problem{};
            CocoFile *read = coco_read(path.c_str(), results, 1, window, &problem);
            const uint64_t found = read ? touch(read) : 0;
            if (window == 1 << 13) {
                good = read != nullptr;
                sum = found;
            } else if (good != (read != nullptr) || sum != found) {
                std::fprintf(stderr, "window %ld: %s, and whole: %s (%s)\n", static_cast<long>(window), read ? "good" : "bad",
                             good ? "good" : "bad", problem.message);
                abort();
            }
        }
    }
    return 0;
}
