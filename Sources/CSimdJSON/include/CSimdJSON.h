// Bulk COCO JSON through simdjson's on-demand parser: one pass over the file into columns, no object an annotation.
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
    COCO_MASK_POLYGONS = 1,    // `parts` polygons; lengths in part_lengths, coordinates in numbers
    COCO_MASK_COUNTS = 2,      // run lengths in numbers
    COCO_MASK_COMPRESSED = 3,  // run lengths as COCO's string, in coco_take_text
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
    const uint8_t *mask_kinds;
    const int32_t *mask_sizes;   // count × 2: height, width, where the mask is run lengths
    // Masks: object i has parts part_starts[i] ..< part_starts[i + 1], numbers number_starts[i] ..< …, text likewise.
    const int64_t *part_starts;
    const int64_t *number_starts;
    const int64_t *text_starts;
    const int64_t *part_lengths;
    const double *numbers;
} CocoObjects;

typedef struct {
    int64_t count;
    const int64_t *ids;
    const int64_t *widths;
    const int64_t *heights;
    const int64_t *name_starts;  // count + 1
    const char *names;
} CocoImages;

typedef struct {
    int64_t count;
    const int64_t *ids;
    const int64_t *name_starts;  // 2 · count + 1: name, supercategory, name, …
    const char *names;
} CocoCategories;

typedef struct CocoFile CocoFile;

typedef struct {
    char message[CSIMDJSON_MESSAGE_SIZE];
    int64_t byte;    // where in the file, −1 when unknown
    int64_t record;  // which object, counted from 0; −1 when it was none
} CocoProblem;

/// Reads an annotation file (`results` false) or a results file. NULL with `problem` filled when it cannot.
CocoFile *coco_read(const char *path, bool results, CocoProblem *problem);
void coco_close(CocoFile *file);

CocoObjects coco_objects(const CocoFile *file);
/// The compressed masks, one after the other; the caller frees them.
char *coco_take_text(CocoFile *file);
CocoImages coco_images(const CocoFile *file);
CocoCategories coco_categories(const CocoFile *file);

#ifdef __cplusplus
}
#endif
