#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#define MARGIN 2

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

// Warnings come here, at level -1. Those that leave the image whole (an unknown revision, stray bytes between segments)
// pass in silence, as elsewhere.
static void emit(j_common_ptr codec, int level) {
    if (level >= 0) return;
    switch (codec->err->msg_code) {
    case JWRN_ARITH_BAD_CODE:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
        fail(codec);
    }
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

static void start(struct jpeg_decompress_struct *codec, const uint8_t *bytes, size_t count, int scale_eighths) {
    jpeg_create_decompress(codec);
    jpeg_mem_src(codec, bytes, (unsigned long)count);
    jpeg_read_header(codec, TRUE);
    const bool has_ink = codec->jpeg_color_space == JCS_CMYK || codec->jpeg_color_space == JCS_YCCK;
    codec->out_color_space = has_ink ? JCS_CMYK : JCS_RGB;
    codec->scale_num = scale_eighths;
    codec->scale_denom = 8;
    jpeg_calc_output_dimensions(codec);
}

bool cjpeg_header(const uint8_t *bytes, size_t count, int scale_eighths, CJPEGInfo *info, char *message) {
    struct jpeg_decompress_struct codec;
    Errors errors;
    prepare(&codec, &errors, message);
    if (setjmp(errors.jump)) {
        jpeg_destroy_decompress(&codec);
        return false;
    }
    start(&codec, bytes, count, scale_eighths);
    *info = (CJPEGInfo){
        .stored_width = codec.image_width,
        .stored_height = codec.image_height,
        .width = codec.output_width,
        .height = codec.output_height,
        .components = codec.output_components,
    };
    jpeg_destroy_decompress(&codec);
    return true;
}

bool cjpeg_decode(const uint8_t *bytes, size_t count, int scale_eighths, CJPEGRegion region, uint8_t *pixels,
                  char *message) {
    struct jpeg_decompress_struct codec;
    Errors errors;
    prepare(&codec, &errors, message);
    if (setjmp(errors.jump)) {
        jpeg_destroy_decompress(&codec);
        return false;
    }
    start(&codec, bytes, count, scale_eighths);
    jpeg_start_decompress(&codec);
    const size_t pixel = codec.output_components;
    const size_t stride = pixel * region.width;
    JDIMENSION left = 0, width = codec.output_width;
    if ((JDIMENSION)region.width < width) {
        // At the edge of what is decoded, colour is interpolated from one side only: so take some more.
        const JDIMENSION end = region.x + region.width + MARGIN;
        left = region.x < MARGIN ? 0 : region.x - MARGIN;
        width = (end < codec.output_width ? end : codec.output_width) - left;
        jpeg_crop_scanline(&codec, &left, &width);
    }
    JSAMPARRAY line = codec.mem->alloc_sarray((j_common_ptr)&codec, JPOOL_IMAGE, width * pixel, 1);
    const JDIMENSION end = region.y + region.height;
    const JDIMENSION above = region.y < MARGIN ? 0 : region.y - MARGIN;
    if (above > 0) jpeg_skip_scanlines(&codec, above);
    while (codec.output_scanline < end) {
        const JDIMENSION y = codec.output_scanline;
        uint8_t *row = pixels + stride * (y - region.y);
        const bool is_direct = y >= (JDIMENSION)region.y && width == (JDIMENSION)region.width;
        JSAMPROW target = is_direct ? row : line[0];
        jpeg_read_scanlines(&codec, &target, 1);
        if (!is_direct && y >= (JDIMENSION)region.y) memcpy(row, line[0] + pixel * (region.x - left), stride);
    }
    // Whether the rest of the file is sound is asked only where all of it was read.
    if (end == codec.output_height) jpeg_finish_decompress(&codec);
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
        // Once rows are written, the buffer may have moved, and only libjpeg knows where to.
        if (codec.next_scanline == 0) free(memory);
        jpeg_destroy_compress(&codec);
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
