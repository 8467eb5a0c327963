// Matrix products of bfloat16 summed in float32, by the instruction that adds two products to each of 16 sums (AVX-512 BF16):
// a *pair* is two neighbours along what is summed, in 32 bits. A tile of the result, 8 rows of 32 columns, stays in registers
// while its pairs go by. oneDNN comes near the processor's limit with convolutions forward, but not backward.
#pragma once
#include <c10/util/BFloat16.h>

#include <cstdint>

#include "Vectors.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define EDIY_DOT __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")))
#endif

namespace ediy {

typedef uint32_t Pair __attribute__((may_alias));

/// Rows and columns of a tile, and so the multiples that matrices must come in.
constexpr int64_t tile_rows = 8, tile_columns = 32;

/// Whether this processor has the instruction. One with tiles for matrices (AMX) too is left to oneDNN, which uses them.
inline bool has_bfloat16_dot() {
#if defined(__x86_64__)
    static const bool has = vector_level() == 2 && __builtin_cpu_supports("avx512bf16") && !__builtin_cpu_supports("amx-bf16");
    return has;
#else
    return false;
#endif
}

EDIY_INLINE Pair pair(const c10::BFloat16 *low, const c10::BFloat16 *high, int64_t i) {
    return static_cast<Pair>(low[i].x) | static_cast<Pair>(high[i].x) << 16;
}

EDIY_INLINE Pair pair(const float *low, const float *high, int64_t i) {
    c10::BFloat16 both[2];
    store(both, 0, low[i]);
    store(both, 1, high[i]);
    return pair(both, both + 1, 0);
}

/// Rows in twos, `step` rows from one pair to the next → (columns / width, count, width): what tiles are made from.
template <typename T, int64_t width>
EDIY_INLINE void pack_rows(const T *const *rows, int64_t count, int64_t step, int64_t columns, Pair *to) {
    for (int64_t k = 0; k < count; ++k) {
        const T *low = rows[k * step], *high = rows[k * step + 1];
        for (int64_t panel = 0; panel < columns / width; ++panel) {
            Pair *p = to + (panel * count + k) * width;
            for (int64_t c = 0; c < width; ++c) p[c] = pair(low, high, panel * width + c);
        }
    }
}

/// A panel of the transpose of x, `stride` numbers from row to row: (32 rows, columns) → (columns / 2, 32).
EDIY_INLINE void pack_panel_transposed(const float *x, int64_t stride, int64_t columns, Pair *to) {
    for (int64_t k = 0; k < columns / 2; ++k)
        for (int64_t r = 0; r < tile_columns; ++r) {
            const float *two = x + r * stride + 2 * k;
            to[k * tile_columns + r] = pair(two, two + 1, 0);
        }
}

#if defined(__x86_64__)

/// Pairs of a matrix to multiply: from row to row (of the left one), from pair to pair along the sum, and from one run of
/// `count` pairs to the next.
struct Left {
    const Pair *data;
    int64_t row, step, run;
};
struct Right {
    const Pair *data;
    int64_t step, run;
};
struct Runs {
    int64_t number, count;
};

/// sums (R, 32) += left (R, K) · right (K, 32)
template <int R>
EDIY_DOT EDIY_INLINE void add_dots(Left left, Right right, Runs runs, __m512 (&sums)[R][2]) {
    for (int64_t run = 0; run < runs.number; ++run) {
        const Pair *a = left.data + run * left.run, *b = right.data + run * right.run;
        for (int64_t k = 0; k < runs.count; ++k, a += left.step, b += right.step) {
            const __m512bh b0 = (__m512bh)_mm512_loadu_si512(b), b1 = (__m512bh)_mm512_loadu_si512(b + 16);
#pragma unroll
            for (int r = 0; r < R; ++r) {
                const __m512bh same = (__m512bh)_mm512_set1_epi32(static_cast<int>(a[r * left.row]));
                sums[r][0] = _mm512_dpbf16_ps(sums[r][0], same, b0);
                sums[r][1] = _mm512_dpbf16_ps(sums[r][1], same, b1);
            }
        }
    }
}

/// A tile of float32: out (8, 32) += left · right.
EDIY_DOT inline void add_tile(Left left, Right right, Runs runs, float *out, int64_t stride) {
    __m512 sums[tile_rows][2];
#pragma unroll
    for (int r = 0; r < tile_rows; ++r)
        for (int j = 0; j < 2; ++j) sums[r][j] = _mm512_loadu_ps(out + r * stride + 16 * j);
    add_dots<tile_rows>(left, right, runs, sums);
#pragma unroll
    for (int r = 0; r < tile_rows; ++r)
        for (int j = 0; j < 2; ++j) _mm512_storeu_ps(out + r * stride + 16 * j, sums[r][j]);
}

/// A tile rounded to bfloat16: out (R, 32) = left · right + bias.
template <int R>
EDIY_DOT void round_tile(Left left, Right right, Runs runs, const float *bias, c10::BFloat16 *out, int64_t stride) {
    __m512 sums[R][2];
#pragma unroll
    for (int r = 0; r < R; ++r)
        for (int j = 0; j < 2; ++j) sums[r][j] = _mm512_loadu_ps(bias + 16 * j);
    add_dots<R>(left, right, runs, sums);
#pragma unroll
    for (int r = 0; r < R; ++r)
        for (int j = 0; j < 2; ++j)
            _mm256_storeu_si256(reinterpret_cast<__m256i *>(out + r * stride + 16 * j), (__m256i)_mm512_cvtneps_pbh(sums[r][j]));
}

/// The same of any number of rows up to 8.
inline void round_tile(int64_t rows, Left left, Right right, Runs runs, const float *bias, c10::BFloat16 *out, int64_t stride) {
    switch (rows) {
    case 1: return round_tile<1>(left, right, runs, bias, out, stride);
    case 2: return round_tile<2>(left, right, runs, bias, out, stride);
    case 3: return round_tile<3>(left, right, runs, bias, out, stride);
    case 4: return round_tile<4>(left, right, runs, bias, out, stride);
    case 5: return round_tile<5>(left, right, runs, bias, out, stride);
    case 6: return round_tile<6>(left, right, runs, bias, out, stride);
    case 7: return round_tile<7>(left, right, runs, bias, out, stride);
    default: return round_tile<8>(left, right, runs, bias, out, stride);
    }
}

#endif

}  // namespace ediy
