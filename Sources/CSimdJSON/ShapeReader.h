// Reads where an object is: its box, its keypoints, its mask.
#pragma once
#include "CocoPart.h"
#include "Values.h"

/// x, y, width, height. False for null, and for an empty list, which pycocotools takes for no box. Throws `Wrong`.
bool read_box(Value value, double *corners);

/// x, y, v and again, behind the others; false for null and an empty list. Throws `Wrong`.
bool read_keypoints(std::vector<double> &out, Value value);

/// - Parameter size: gets height and width where the mask is run lengths.
/// - Returns: a `CocoMaskKind`. Throws `Wrong`; the part's columns may then hold what nobody refers to.
uint8_t read_segmentation(CocoPart::Masks &out, Value value, int32_t *size);

/// Whether an image's sides are small enough for run lengths of 32 bits.
bool is_size(int64_t height, int64_t width);
