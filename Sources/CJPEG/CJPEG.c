#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

typedef struct {
    struct jpeg_error_mgr base;
    jmp_buf jump;
    char *message;
} Errors;

static void fail(j_common_ptr codec) {
    Errors *errors = (Errors *)codec->err;
    codec->err->format_message(codec, errors->message);
    longjmp(errors->jump, 1);
}

static void emit(j_common_ptr codec, int level) {
    // Level −1 is a warning: data was lost or made up.
    if (level < 0) fail(codec);
}

static void silent(j_common_ptr codec) {}

static void prepare(struct jpeg_decompress_struct *codec, Errors *errors, char *message) {
    memset(codec, 0, sizeof *codec);
    codec->err = jpeg_std_error(&errors->base);
    errors->base.error_exit = fail;
    errors->base.emit_message = emit;
    errors->base.output_message = silent;
    errors->message = message;
}

// The orientation in an EXIF block (APP1), bounds checked at every step.
static int orientation(const uint8_t *d, size_t n) {
    if (n < 14 || memcmp(d, "Exif\0\0", 6) != 0) return 1;
    d += 6, n -= 6;
    const bool little = d[0] == 'I';
#define U16(p) (little ? (p)[0] | (p)[1] << 8 : (p)[0] << 8 | (p)[1])
#define U32(p) (little ? (uint32_t)U16(p) | (uint32_t)U16((p) + 2) << 16 : (uint32_t)U16(p) << 16 | (uint32_t)U16((p) + 2))
    const size_t directory = U32(d + 4);
    if (directory > n - 2 || n < 2) return 1;
    const size_t entries = U16(d + directory);
    for (size_t i = 0; i < entries; ++i) {
        const size_t at = directory + 2 + 12 * i;
        if (at + 12 > n) break;
        if (U16(d + at) == 0x0112) {
            const int value = U16(d + at + 8);
            return value >= 1 && value <= 8 ? value : 1;
        }
    }
    return 1;
#undef U16
#undef U32
}

static void start(struct jpeg_decompress_struct *codec, const uint8_t *bytes, size_t count, int scale_eighths,
                  CJPEGInfo *info) {
    jpeg_create_decompress(codec);
    jpeg_mem_src(codec, bytes, (unsigned long)count);
    jpeg_save_markers(codec, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(codec, TRUE);
    switch (codec->jpeg_color_space) {
        case JCS_GRAYSCALE: codec->out_color_space = JCS_GRAYSCALE; break;
        case JCS_CMYK:
        case JCS_YCCK: codec->out_color_space = JCS_CMYK; break;
        default: codec->out_color_space = JCS_RGB;
    }
    codec->scale_num = scale_eighths;
    codec->scale_denom = 8;
    jpeg_calc_output_dimensions(codec);
    if (!info) return;
    info->width = codec->output_width;
    info->height = codec->output_height;
    info->full_width = codec->image_width;
    info->full_height = codec->image_height;
    info->components = codec->out_color_space == JCS_GRAYSCALE ? 1 : codec->out_color_space == JCS_CMYK ? 4 : 3;
    info->inverted = codec->saw_Adobe_marker;
    info->orientation = 1;
    for (jpeg_saved_marker_ptr m = codec->marker_list; m; m = m->next)
        if (m->marker == JPEG_APP0 + 1 && info->orientation == 1) info->orientation = orientation(m->data, m->data_length);
}

bool cjpeg_scaled_size(const uint8_t *bytes, size_t count, int scale_eighths, CJPEGInfo *info, char *message) {
    struct jpeg_decompress_struct codec;
    Errors errors;
    prepare(&codec, &errors, message);
    if (setjmp(errors.jump)) {
        jpeg_destroy_decompress(&codec);
        return false;
    }
    start(&codec, bytes, count, scale_eighths, info);
    jpeg_destroy_decompress(&codec);
    return true;
}

bool cjpeg_header(const uint8_t *bytes, size_t count, CJPEGInfo *info, char *message) {
    return cjpeg_scaled_size(bytes, count, 8, info, message);
}

bool cjpeg_decode(const uint8_t *bytes, size_t count, int scale_eighths, uint8_t *pixels, char *message) {
    struct jpeg_decompress_struct codec;
    Errors errors;
    prepare(&codec, &errors, message);
    if (setjmp(errors.jump)) {
        jpeg_destroy_decompress(&codec);
        return false;
    }
    start(&codec, bytes, count, scale_eighths, NULL);
    jpeg_start_decompress(&codec);
    const size_t stride = (size_t)codec.output_width * codec.output_components;
    while (codec.output_scanline < codec.output_height) {
        JSAMPROW row = pixels + stride * codec.output_scanline;
        jpeg_read_scanlines(&codec, &row, 1);
    }
    jpeg_finish_decompress(&codec);
    jpeg_destroy_decompress(&codec);
    return true;
}

bool cjpeg_encode(const uint8_t *pixels, int width, int height, int components, int quality, uint8_t **bytes,
                  size_t *count, char *message) {
    struct jpeg_compress_struct codec;
    Errors errors;
    memset(&codec, 0, sizeof codec);
    codec.err = jpeg_std_error(&errors.base);
    errors.base.error_exit = fail;
    errors.base.output_message = silent;
    errors.message = message;
    unsigned char *memory = NULL;
    unsigned long size = 0;
    if (setjmp(errors.jump)) {
        jpeg_destroy_compress(&codec);
        free(memory);
        return false;
    }
    jpeg_create_compress(&codec);
    jpeg_mem_dest(&codec, &memory, &size);
    codec.image_width = width;
    codec.image_height = height;
    codec.input_components = components;
    codec.in_color_space = components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&codec);
    jpeg_set_quality(&codec, quality, TRUE);
    jpeg_start_compress(&codec, TRUE);
    while (codec.next_scanline < codec.image_height) {
        JSAMPROW row = (JSAMPROW)(pixels + (size_t)width * components * codec.next_scanline);
        jpeg_write_scanlines(&codec, &row, 1);
    }
    jpeg_finish_compress(&codec);
    jpeg_destroy_compress(&codec);
    *bytes = memory;
    *count = size;
    return true;
}

void cjpeg_free(uint8_t *bytes) { free(bytes); }
