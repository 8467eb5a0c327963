// The columns of one window of records.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "Buffer.h"
#include "CSimdJSON.h"

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
        std::vector<int64_t> ids, widths, heights, name_starts{0}, negative_starts{0}, negatives,
            inexhaustive_starts{0}, inexhaustive;
        std::string names;
        bool has_quoted_ids = false;
    } images;
    struct Categories {
        std::vector<int64_t> ids, name_starts{0};
        std::string names;
        bool has_quoted_ids = false;
    } categories;
    /// Ids that are no whole numbers of 64 bits, as they are written.
    struct Texts {
        std::vector<int64_t> ids, starts{0};
        std::string texts;
        std::unordered_map<int64_t, size_t> places;
    } texts;
    /// What is wrong with the content, a kind each; `places` has the first thousand.
    struct Fault {
        std::string what;
        int64_t count = 0;
        std::vector<CocoPlace> places;
    };
    std::vector<Fault> faults;
    CocoSection section = COCO_DETECTIONS;
};
