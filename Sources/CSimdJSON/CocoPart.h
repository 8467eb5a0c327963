// The columns of one window of records.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "Buffer.h"

struct CocoPart {
    struct Objects {
        std::vector<int64_t> ids, image_ids, category_ids, visible, keypoint_starts{0};
        std::vector<double> boxes, areas, scores, keypoints;
        std::vector<uint8_t> has_box, is_crowd, is_ignored;
    } objects;
    struct Masks {
        std::vector<uint8_t> kinds;
        std::vector<int32_t> sizes;
        std::vector<int64_t> part_starts{0}, number_starts{0}, text_starts{0}, part_lengths;
        std::vector<double> numbers;
        size_t text_size = 0;
        /// While it is read the window itself; in the end the compressed masks, one after the other.
        Buffer text;
    } masks;
    struct Images {
        std::vector<int64_t> ids, widths, heights, name_starts{0}, negative_starts{0}, negatives, inexhaustive_starts{0},
            inexhaustive;
        std::string names;
    } images;
    struct Categories {
        std::vector<int64_t> ids, name_starts{0};
        std::string names;
    } categories;
};
