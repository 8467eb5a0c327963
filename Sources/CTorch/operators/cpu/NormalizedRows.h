// Batch normalisation's loops over M rows (pixels of all images) of C numbers, each compiled for every level of
// vectors. Sums are float32 over a few rows and float64 above.
#pragma once
#include "operators/cpu/Lanes.h"

namespace ediy {

constexpr int64_t rows_a_block = 64;

/// Adds rows' numbers less `shift`, and their squares, to `sum` and `squares` (C each); `part` has room for 2 · C.
template <typename T>
EDIY_INLINE void add_moments(const T *x, int64_t rows, int64_t C, const float *shift, float *part, double *sum,
                             double *squares) {
    float *__restrict s = part, *__restrict q = part + C;
    for (int64_t begin = 0; begin < rows; begin += rows_a_block) {
        const int64_t end = begin + rows_a_block < rows ? begin + rows_a_block : rows;
        for (int64_t c = 0; c < 2 * C; ++c) part[c] = 0;
        int64_t r = begin;
        for (; r + 4 <= end; r += 4) {
            const T *a = x + r * C;
            for (int64_t c = 0; c < C; ++c) {
                const float k = shift[c];
                const float d0 = load(a, c) - k, d1 = load(a, c + C) - k, d2 = load(a, c + 2 * C) - k,
                            d3 = load(a, c + 3 * C) - k;
                s[c] += (d0 + d1) + (d2 + d3);
                q[c] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3);
            }
        }
        for (; r < end; ++r) {
            const T *a = x + r * C;
            for (int64_t c = 0; c < C; ++c) {
                const float d = load(a, c) - shift[c];
                s[c] += d;
                q[c] += d * d;
            }
        }
        for (int64_t c = 0; c < C; ++c) sum[c] += s[c];
        for (int64_t c = 0; c < C; ++c) squares[c] += q[c];
    }
}

/// y = x · scale + shift, plus `residual` if there is one, no less than 0 if `relu`.
template <typename T, bool Residual, bool Relu>
EDIY_INLINE void transform(const T *__restrict x, const T *__restrict residual, T *__restrict y, int64_t rows,
                           int64_t C, const float *__restrict scale, const float *__restrict shift) {
    for (int64_t r = 0; r < rows; ++r) {
        const int64_t row = r * C;
        for (int64_t c = 0; c < C; ++c) {
            float value = load(x, row + c) * scale[c] + shift[c];
            if (Residual) value += load(residual, row + c);
            // Written so that NaN stays NaN.
            if (Relu) value = value < 0 ? 0 : value;
            store(y, row + c, value);
        }
    }
}

/// Which gradients the ReLU lets through, told by its output where a residual was added, and else by x · scale + shift.
enum class Mask { none, byInput, byOutput };

template <typename T, Mask M>
EDIY_INLINE float masked(const T *g, const T *x, const T *y, int64_t i, float scale, float shift) {
    const float value = load(g, i);
    if (M == Mask::byInput) return load(x, i) * scale + shift > 0 ? value : 0;
    if (M == Mask::byOutput) return load(y, i) > 0 ? value : 0;
    return value;
}

/// Adds Σ g and Σ g · (x − mean) over rows, g being masked; writes the masked g to `passed` if `Keep`.
template <typename T, Mask M, bool Keep>
EDIY_INLINE void add_gradients(const T *g, const T *x, const T *y, T *passed, int64_t rows, int64_t C,
                               const float *mean, const float *scale, const float *shift, float *part, double *sum,
                               double *products) {
    float *__restrict s = part, *__restrict q = part + C;
    for (int64_t begin = 0; begin < rows; begin += rows_a_block) {
        const int64_t end = begin + rows_a_block < rows ? begin + rows_a_block : rows;
        for (int64_t c = 0; c < 2 * C; ++c) part[c] = 0;
        int64_t r = begin;
        for (; r + 2 <= end; r += 2) {
            const int64_t i = r * C, j = i + C;
            for (int64_t c = 0; c < C; ++c) {
                const float a = masked<T, M>(g, x, y, i + c, scale[c], shift[c]);
                const float b = masked<T, M>(g, x, y, j + c, scale[c], shift[c]);
                s[c] += a + b;
                q[c] += a * (load(x, i + c) - mean[c]) + b * (load(x, j + c) - mean[c]);
                if (Keep) {
                    store(passed, i + c, a);
                    store(passed, j + c, b);
                }
            }
        }
        for (; r < end; ++r) {
            const int64_t i = r * C;
            for (int64_t c = 0; c < C; ++c) {
                const float a = masked<T, M>(g, x, y, i + c, scale[c], shift[c]);
                s[c] += a;
                q[c] += a * (load(x, i + c) - mean[c]);
                if (Keep) store(passed, i + c, a);
            }
        }
        for (int64_t c = 0; c < C; ++c) sum[c] += s[c];
        for (int64_t c = 0; c < C; ++c) products[c] += q[c];
    }
}

/// dx = scale · g + slope · (x − mean) + offset, g masked.
template <typename T, Mask M>
EDIY_INLINE void spread_gradients(const T *__restrict g, const T *__restrict x, T *__restrict dx, int64_t rows,
                                  int64_t C, const float *__restrict mean, const float *__restrict scale,
                                  const float *__restrict shift, const float *__restrict slope,
                                  const float *__restrict offset) {
    for (int64_t r = 0; r < rows; ++r) {
        const int64_t row = r * C;
        for (int64_t c = 0; c < C; ++c) {
            const float a = masked<T, M>(g, x, g, row + c, scale[c], shift[c]);
            store(dx, row + c, a * scale[c] + (load(x, row + c) - mean[c]) * slope[c] + offset[c]);
        }
    }
}

/// dx = scale · g, g masked, where statistics are fixed; and g itself to `passed` if `Keep`.
template <typename T, Mask M, bool Keep>
EDIY_INLINE void scale_gradients(const T *__restrict g, const T *__restrict x, const T *__restrict y,
                                 T *__restrict passed, T *__restrict dx, int64_t rows, int64_t C,
                                 const float *__restrict scale, const float *__restrict shift) {
    for (int64_t r = 0; r < rows; ++r) {
        const int64_t row = r * C;
        for (int64_t c = 0; c < C; ++c) {
            const float a = masked<T, M>(g, x, y, row + c, scale[c], shift[c]);
            store(dx, row + c, a * scale[c]);
            if (Keep) store(passed, row + c, a);
        }
    }
}

} // namespace ediy
