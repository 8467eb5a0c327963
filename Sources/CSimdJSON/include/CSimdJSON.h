// Bulk COCO JSON through simdjson's on-demand parser: one pass over the file into columns, no object an annotation.
//
// A file is read in windows of whole records, several at a time where there are cores, and each window becomes a part with
// columns of its own: the file itself is never in memory whole.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CSIMDJSON_MESSAGE_SIZE 256

/// How an object's mask is written.
typedef enum {
    COCO_MASK_NONE = 0,
    COCO_MASK_POLYGONS = 1,    // polygons; lengths in part_lengths, coordinates in numbers
    COCO_MASK_COUNTS = 2,      // run lengths in numbers
    COCO_MASK_COMPRESSED = 3,  // run lengths as COCO's string, in text
} CocoMaskKind;

typedef struct {
    int64_t count;
    const int64_t *ids;          // annotations only
    const int64_t *image_ids;
    const int64_t *category_ids;
    const double *boxes;         // count × 4: x, y, width, height
    const uint8_t *has_box;
    const double *areas;         // annotations only; NaN where missing
    const double *scores;        // results only
    const uint8_t *is_crowd;     // annotations only
    const uint8_t *is_ignored;   // annotations only: the keys `ignore` and `difficult`
    const int64_t *visible;      // annotations only: the key `num_keypoints`; −1 where missing
    // Keypoints of object i: keypoints[keypoint_starts[i]] ..< keypoints[keypoint_starts[i + 1]], x, y, v each.
    const int64_t *keypoint_starts;
    const double *keypoints;
} CocoObjects;

typedef struct {
    int64_t count;
    const uint8_t *kinds;        // CocoMaskKind
    const int32_t *sizes;        // count × 2: height, width, where the mask is run lengths
    // Object i has parts part_starts[i] ..< part_starts[i + 1], numbers number_starts[i] ..< …, text likewise.
    const int64_t *part_starts;
    const int64_t *number_starts;
    const int64_t *text_starts;
    const int64_t *part_lengths;
    const double *numbers;
    const char *text;
} CocoMasks;

typedef struct {
    int64_t count;
    const int64_t *ids;
    const int64_t *widths;
    const int64_t *heights;
    const int64_t *name_starts;  // count + 1
    const char *names;
    // LVIS: of image i the categories from starts[i] to starts[i + 1].
    const int64_t *negative_starts;
    const int64_t *negatives;
    const int64_t *inexhaustive_starts;
    const int64_t *inexhaustive;
} CocoImages;

typedef struct {
    int64_t count;
    const int64_t *ids;
    const int64_t *name_starts;  // 3 · count + 1: name, supercategory, frequency, name, …
    const char *names;
} CocoCategories;

typedef struct CocoFile CocoFile;
typedef struct CocoPart CocoPart;

typedef struct {
    char message[CSIMDJSON_MESSAGE_SIZE];
    int64_t byte;    // where in the file, −1 when unknown
    int64_t record;  // which object, counted from 0; −1 when it was none
    bool content;    // well-formed JSON, but not what the format asks for
} CocoProblem;

/// Reads an annotation file (`results` false) or a results file. NULL with `problem` filled when it cannot.
///
/// `threads`: at most so many; `window`: bytes that one of them takes at a time, at least.
CocoFile *coco_read(const char *path, bool results, int threads, int64_t window, CocoProblem *problem);
void coco_close(CocoFile *file);

int64_t coco_part_count(const CocoFile *file);
/// Part i, in the order of the file; the caller frees it.
CocoPart *coco_take_part(CocoFile *file, int64_t i);
CocoObjects coco_objects(const CocoPart *part);
CocoMasks coco_masks(const CocoPart *part);
CocoImages coco_images(const CocoPart *part);
CocoCategories coco_categories(const CocoPart *part);
/// Frees all but the masks.
void coco_keep_masks(CocoPart *part);
void coco_free_part(CocoPart *part);

#ifdef __cplusplus
}
#endif
