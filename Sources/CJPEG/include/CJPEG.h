// libjpeg behind functions that return: its own error handler would end the process, and one that jumps cannot be
// written in Swift. No logic beyond that.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CJPEG_MESSAGE_SIZE 256

typedef struct {
    int stored_width;
    int stored_height;
    int width; // of the output, after scaling
    int height;
    int components; // of the output: 3 RGB, 4 CMYK
} CJPEGInfo;

/// Reads the header, for an output of scale_eighths / 8 of the stored size. Returns false with a message when there is
/// none.
bool cjpeg_header(const uint8_t *bytes, size_t count, int scale_eighths, CJPEGInfo *info,
                  char message[CJPEG_MESSAGE_SIZE]);

/// A rectangle that lies in the output.
typedef struct {
    int x;
    int y;
    int width;
    int height;
} CJPEGRegion;

/// Decodes a region of the output, whose size cjpeg_header gives for this scale: rows from top to bottom without
/// padding. A file from which data of the rows up to the region's end is lost (cut short, damaged) is a failure too,
/// which libjpeg would fill with something.
bool cjpeg_decode(const uint8_t *bytes, size_t count, int scale_eighths, CJPEGRegion region, uint8_t *pixels,
                  char message[CJPEG_MESSAGE_SIZE]);

/// Encodes 1 component (grey) or 3 (RGB, stored 4:2:0). The result is freed with cjpeg_free.
bool cjpeg_encode(const uint8_t *pixels, int width, int height, int components, int quality, uint8_t **bytes,
                  size_t *count, char message[CJPEG_MESSAGE_SIZE]);

void cjpeg_free(uint8_t *bytes);
