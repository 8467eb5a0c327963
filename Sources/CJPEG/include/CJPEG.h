// libjpeg behind functions that return: its error handler would end the process, and a handler that jumps cannot be
// written in Swift. No logic beyond that.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CJPEG_MESSAGE_SIZE 256

typedef struct {
    int width;         // of the output, after scaling
    int height;
    int full_width;    // as stored
    int full_height;
    int components;    // of the output: 1 grey, 3 RGB, 4 CMYK
    bool inverted;     // CMYK written by Adobe: 255 is no ink
    int orientation;   // EXIF 1…8; 1 where there is none
} CJPEGInfo;

/// Reads the header. Returns false with a message when it is none.
bool cjpeg_header(const uint8_t *bytes, size_t count, CJPEGInfo *info, char message[CJPEG_MESSAGE_SIZE]);

/// Decodes into `pixels`, rows from top to bottom without padding, at scale_eighths / 8 of the stored size; the size must
/// be that of `cjpeg_scaled_size`. A file that libjpeg has to mend (cut short, damaged) is a failure too.
bool cjpeg_decode(const uint8_t *bytes, size_t count, int scale_eighths, uint8_t *pixels,
                  char message[CJPEG_MESSAGE_SIZE]);

/// The header of the image as it would be decoded at scale_eighths / 8.
bool cjpeg_scaled_size(const uint8_t *bytes, size_t count, int scale_eighths, CJPEGInfo *info,
                       char message[CJPEG_MESSAGE_SIZE]);

/// Encodes 1 or 3 components, 4:2:0. The result is freed with cjpeg_free.
bool cjpeg_encode(const uint8_t *pixels, int width, int height, int components, int quality, uint8_t **bytes,
                  size_t *count, char message[CJPEG_MESSAGE_SIZE]);

void cjpeg_free(uint8_t *bytes);
