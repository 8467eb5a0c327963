// Matrix products of float32 whose operands already lie as a kernel wants them, in panels of 32 columns: what a BLAS
// copies before each product, the loops that make the operands write so from the first. For processors with vectors of
// 512 bits.
#pragma once
#include "operators/cpu/Lanes.h"

namespace ediy {

/// A matrix of `rows` × 32 · n numbers lies as n panels, each (rows, 32).
constexpr int64_t panel = 32;

/// Rows of a product that are summed at once, in two registers each; the rows of what is multiplied come in such
/// groups.
constexpr int64_t group = 8;

namespace panels {

using L = Lanes<16>;
using V = L::V;

/// sums[r] += Σ a[r · row + i · step] · b[i], over `count` rows b of a panel.
EDIY_INLINE void add_products(const float *a, int64_t row, int64_t step, const float *b, int64_t count,
                              V (&sums)[group][2]) {
    for (int64_t i = 0; i < count; ++i) {
        const V left = L::read(b + i * panel), right = L::read(b + i * panel + 16);
#pragma clang loop unroll(full)
        for (int64_t r = 0; r < group; ++r) {
            const float value = a[r * row + i * step];
            sums[r][0] += value * left;
            sums[r][1] += value * right;
        }
    }
}

} // namespace panels

/// out (m, n) = a (m, k) · b (k, n), all in panels; m is a multiple of `group`, n and k of `panel`.
EDIY_INLINE void multiply_panels(int64_t m, int64_t n, int64_t k, const float *a, const float *b, float *out) {
    for (int64_t j = 0; j < n; j += panel)
        for (int64_t i = 0; i < m; i += group) {
            panels::V sums[group][2] = {};
            for (int64_t l = 0; l < k; l += panel)
                panels::add_products(a + l * m + i * panel, panel, 1, b + j * k + l * panel, panel, sums);
            memcpy(out + j * m + i * panel, sums, sizeof sums);
        }
}

/// out (m, n) (+)= aᵀ · b over the first `count` rows: a (rows, m) and b (rows, n) in panels, out row-major with
/// `stride` numbers from row to row, summed to what it holds where `adds`.
EDIY_INLINE void multiply_transposed_panels(int64_t m, int64_t n, int64_t count, int64_t rows, const float *a,
                                            const float *b, bool adds, float *out, int64_t stride) {
    for (int64_t j = 0; j < n; j += panel)
        for (int64_t i = 0; i < m; i += group) {
            float *const to = out + i * stride + j;
            panels::V sums[group][2] = {};
            if (adds)
                for (int64_t r = 0; r < group; ++r) memcpy(sums[r], to + r * stride, sizeof sums[r]);
            panels::add_products(a + i / panel * panel * rows + i % panel, 1, panel, b + j * rows, count, sums);
            for (int64_t r = 0; r < group; ++r) memcpy(to + r * stride, sums[r], sizeof sums[r]);
        }
}

} // namespace ediy
