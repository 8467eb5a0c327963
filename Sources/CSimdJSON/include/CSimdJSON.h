// Bulk COCO JSON through simdjson's on-demand parser: one pass over the file into columns, no C++ object per
// annotation.
//
// A file is read in windows of whole records, several at a time where there are cores, and each window becomes a part
// with columns of its own: the file itself is never in memory whole.
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
    COCO_MASK_NONE = 0,       // the key is not there
    COCO_MASK_POLYGONS = 1,   // polygons; lengths in part_lengths, coordinates in numbers
    COCO_MASK_COUNTS = 2,     // run lengths in numbers
    COCO_MASK_COMPRESSED = 3, // run lengths as COCO's string, in text
    COCO_MASK_EMPTY = 4,      // the key is there, with null or an empty list
    COCO_MASK_UNUSABLE = 5,   // the key is there, with points that make no polygon
} CocoMaskKind;

typedef struct {
    int64_t count;
    const int64_t *ids; // annotations only
    const int64_t *image_ids;
    const int64_t *category_ids;
    const double *boxes; // count × 4: x, y, width, height; NaN where there is none
    const uint8_t *has_box;
    const double *areas;       // annotations only; NaN where missing
    const double *scores;      // results only
    const uint8_t *is_crowd;   // annotations only
    const uint8_t *is_ignored; // annotations only: the keys `ignore` and `difficult`
    const int64_t *visible;    // annotations only: the key `num_keypoints`; −1 where missing
    // Keypoints of object i: keypoints[keypoint_starts[i]] ..< keypoints[keypoint_starts[i + 1]], x, y, v each.
    const int64_t *keypoint_starts;
    const double *keypoints;
} CocoObjects;

typedef struct {
    int64_t count;
    const uint8_t *kinds; // CocoMaskKind
    const int32_t *sizes; // count × 2: height, width, where the mask is run lengths
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
    const int64_t *widths;      // −1 where missing
    const int64_t *heights;     // −1 where missing
    const int64_t *name_starts; // count + 1; empty where missing
    const char *names;
    // LVIS: of image i the categories from starts[i] to starts[i + 1].
    const int64_t *negative_starts;
    const int64_t *negatives;
    const int64_t *inexhaustive_starts;
    const int64_t *inexhaustive;
    bool has_quoted_ids; // whether any id is written as a string
} CocoImages;

typedef struct {
    int64_t count;
    const int64_t *ids;
    const int64_t *name_starts; // 3 · count + 1: name, supercategory, frequency, name, …
    const char *names;
    bool has_quoted_ids; // whether any id is written as a string
} CocoCategories;

/// Ids that are no whole numbers of 64 bits: strings, and numbers beyond. In the columns a hash of its text stands for
/// each, below every id that a number stands for.
typedef struct {
    int64_t count;
    const int64_t *ids;
    const int64_t *starts; // count + 1
    const char *texts;
} CocoTexts;

/// Where something is wrong.
typedef struct {
    int64_t record; // of its list, counted from 0
    int64_t byte;   // in the file
    int64_t id;
    bool has_id;
} CocoPlace;

/// Something that is well-formed JSON but not what the format asks for; what it stands in counts as missing, or, where
/// an id is, the record is left out.
typedef struct {
    const char *what;
    int64_t count;
    int64_t place_count; // the first thousand at most
    const CocoPlace *places;
} CocoFault;

typedef enum {
    COCO_IMAGES = 0,
    COCO_ANNOTATIONS = 1,
    COCO_CATEGORIES = 2,
    COCO_DETECTIONS = 3,
} CocoSection;

typedef struct CocoFile CocoFile;
typedef struct CocoPart CocoPart;

typedef struct {
    char message[CSIMDJSON_MESSAGE_SIZE];
    int64_t byte;   // where in the file, −1 when unknown
    int64_t record; // which object, counted from 0; −1 when it was none
} CocoProblem;

/// Reads an annotation file (`results` false) or a results file. NULL with `problem` filled when it is not there or no
/// such JSON; what is wrong inside a record is a fault of its part.
///
/// `threads`: at most so many; `window`: bytes that one of them takes at a time, at least.
CocoFile *coco_read(const char *path, bool results, int threads, int64_t window, CocoProblem *problem);
void coco_close(CocoFile *file);

/// Whether an annotation file has a list of images, annotations or categories at all.
bool coco_has_list(const CocoFile *file, CocoSection section);
int64_t coco_part_count(const CocoFile *file);
/// Part i, in the order of the file; the caller frees it.
CocoPart *coco_take_part(CocoFile *file, int64_t i);
CocoObjects coco_objects(const CocoPart *part);
CocoMasks coco_masks(const CocoPart *part);
CocoImages coco_images(const CocoPart *part);
CocoCategories coco_categories(const CocoPart *part);
CocoTexts coco_texts(const CocoPart *part);
/// Which list the part is a stretch of.
CocoSection coco_section(const CocoPart *part);
int64_t coco_fault_count(const CocoPart *part);
CocoFault coco_fault(const CocoPart *part, int64_t i);
/// Frees all but the masks.
void coco_keep_masks(CocoPart *part);
void coco_free_part(CocoPart *part);

#ifdef __cplusplus
}
#endif
