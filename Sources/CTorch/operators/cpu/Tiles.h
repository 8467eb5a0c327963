// The tiles of an image that minimal filtering works on, and what is spread to their places and gathered from them:
// each transform of Filtering.h along both sides. Channels are innermost: N images of H × W pixels, C channels in, O
// out.
#pragma once
#include <algorithm>

#include "operators/cpu/Filtering.h"
#include "operators/cpu/Panels.h"
#include "operators/cpu/Lanes.h"

namespace ediy {

/// The tiles of m × m pixels that cover N images of H × W, in rows.
template <int m> struct Tiles {
    int64_t N, H, W, rows, columns, count;

    Tiles(int64_t N, int64_t H, int64_t W)
        : N(N), H(H), W(W), rows((H + m - 1) / m), columns((W + m - 1) / m), count(N * rows * columns) {}

    /// Where a tile's first pixel is: image · H · W + y · W + x, and y, x.
    EDIY_INLINE int64_t place(int64_t tile, int64_t &y, int64_t &x) const {
        const int64_t image = tile / (rows * columns), inside = tile % (rows * columns);
        y = inside / columns * m;
        x = inside % columns * m;
        return (image * H + y) * W + x;
    }
};

/// How what is spread lies: K matrices of `rows` × `columns`, one a place, row-major for `Filter<2>` and in panels for
/// `Filter<4>`.
template <int m> struct Places {
    static constexpr bool is_panels = m == 4;
    static constexpr int64_t K = Filter<m>::places * Filter<m>::places;
    int64_t rows, columns;

    /// Numbers from place to place: with a power of two, all places would share a few lines of a cache.
    EDIY_INLINE int64_t stride() const { return rows * columns + 48; }
    int64_t size() const { return K * stride(); }

    EDIY_INLINE int64_t offset(int64_t row, int64_t column) const {
        if constexpr (is_panels)
            return (column / panel * rows + row) * panel + column % panel;
        else
            return row * columns + column;
    }
};

/// A transform of Filtering.h along both sides of a square: `read(i, j)` gives a number a lane at row i and column j of
/// from × from, `write(i, j, v)` takes those of to × to.
template <int from, int to, typename V, typename Transform, typename Read, typename Write>
EDIY_INLINE void along_both_sides(Transform transform, Read read, Write write) {
    V columns[to][from];
    for (int j = 0; j < from; ++j) {
        V seen[from], done[to];
        for (int i = 0; i < from; ++i) seen[i] = read(i, j);
        transform(seen, done);
        for (int i = 0; i < to; ++i) columns[i][j] = done[i];
    }
    for (int i = 0; i < to; ++i) {
        V done[to];
        transform(columns[i], done);
        for (int j = 0; j < to; ++j) write(i, j, done[j]);
    }
}

/// Bᵀ d B of each tile's pixels d, which begin one before the tile's own, or where `isGradient` A d Aᵀ of the tile's
/// own: x (N · H · W, channels), as many of its channels as there are columns → v (K, rows, columns), `count` tiles
/// from `first` on to the first rows. `zeros` has a number a column.
template <int m, typename T, bool isGradient>
EDIY_INLINE void spread_tiles(const T *x, int64_t channels, Tiles<m> tiles, int64_t first, int64_t count,
                              const T *zeros, Places<m> places, float *v) {
    using F = Filter<m>;
    using L = Lanes<F::lanes>;
    using V = typename L::V;
    constexpr int n = F::places, side = isGradient ? m : n, before = isGradient ? 0 : 1;
    const int64_t stride = places.stride();
    for (int64_t t = 0; t < count; ++t) {
        int64_t top, left, below, beside;
        const T *corner = x + tiles.place(first + t, top, left) * channels;
        const T *d[side][side];
        for (int64_t i = 0; i < side; ++i)
            for (int64_t j = 0; j < side; ++j) {
                const int64_t y = top + i - before, px = left + j - before;
                const bool inside = y >= 0 && y < tiles.H && px >= 0 && px < tiles.W;
                d[i][j] = inside ? corner + ((i - before) * tiles.W + j - before) * channels : zeros;
            }
        // What the next tile has and this one not is of lines too scattered for the processor to foresee.
        const T *next = x + tiles.place(std::min(first + t + 1, tiles.count - 1), below, beside) * channels;
        for (int64_t c = 0; c < places.columns; c += F::lanes) {
            float *to = v + places.offset(t, c);
            if (c % 32 == 0)
                for (int i = 0; i < side; ++i)
                    for (int j = side - m; j < side; ++j)
                        __builtin_prefetch(next + ((i - before) * tiles.W + j - before) * channels + c);
            along_both_sides<side, n, V>(
                [](const V(&in)[side], V(&out)[n]) __attribute__((always_inline)) {
                    if constexpr (isGradient)
                        F::gradients(in, out);
                    else
                        F::pixels(in, out);
                },
                [&](int i, int j) __attribute__((always_inline)) { return L::read(d[i][j] + c); },
                [&](int i, int j, V v) __attribute__((always_inline)) { L::write(to + (n * i + j) * stride, v); });
        }
    }
}

/// Aᵀ p A + bias: p (K, rows, O) → the pixels of y (N · H · W, O) of `count` tiles from `first` on.
template <int m, typename T>
EDIY_INLINE void gather_pixels(const float *p, Places<m> places, Tiles<m> tiles, int64_t first, int64_t count,
                               const float *bias, T *y) {
    using F = Filter<m>;
    using L = Lanes<F::lanes>;
    using V = typename L::V;
    constexpr int n = F::places;
    const int64_t O = places.columns, K = places.stride();
    for (int64_t t = 0; t < count; ++t) {
        int64_t top, left;
        T *to = y + tiles.place(first + t, top, left) * O;
        const int64_t height = std::min<int64_t>(m, tiles.H - top), width = std::min<int64_t>(m, tiles.W - left);
        for (int64_t c = 0; c < O; c += F::lanes) {
            const float *from = p + places.offset(t, c);
            const V offset = L::read(bias + c);
            along_both_sides<n, m, V>(
                [](const V(&in)[n], V(&out)[m]) __attribute__((always_inline)) { F::results(in, out); },
                [&](int i, int j) __attribute__((always_inline)) { return L::read(from + (n * i + j) * K); },
                [&](int i, int j, V v) __attribute__((always_inline)) {
                    if (i < height && j < width) L::write(to + (i * tiles.W + j) * O + c, v + offset);
                });
        }
    }
}

/// G w Gᵀ of each pair of channels: w (O, 9, C) → u (K, C, O), rows from `first` to `end`; where `isGradient`, of
/// weights turned by half a turn → (K, O, C). Weights are rounded as numbers of T would be. Channels are multiples of
/// `Filter<m>::lanes`, and so are `first` and `end`: a square of so many is read at once, since lines of it lie in
/// pages of their own.
template <int m, typename T, bool isGradient>
EDIY_INLINE void spread_weights(const float *w, int64_t first, int64_t end, Places<m> places, float *u) {
    using F = Filter<m>;
    using L = Lanes<F::lanes>;
    using V = typename L::V;
    constexpr int n = F::places, side = F::lanes;
    const int64_t rows = places.rows, columns = places.columns, K = places.stride();
    for (int64_t row = first; row < end; row += side)
        for (int64_t column = 0; column < columns; column += side) {
            float square[9][side][side];
            for (int64_t i = 0; i < side; ++i)
                for (int64_t place = 0; place < 9; ++place) {
                    const float *line = isGradient ? w + ((row + i) * 9 + 8 - place) * columns + column
                                                   : w + ((column + i) * 9 + place) * rows + row;
                    const V read = L::template rounded<T>(L::read(line));
                    if constexpr (isGradient)
                        L::write(square[place][i], read);
                    else
                        for (int64_t j = 0; j < side; ++j) square[place][j][i] = read[j];
                }
            for (int64_t i = 0; i < side; ++i) {
                float *to = u + places.offset(row + i, column);
                along_both_sides<3, n, V>(
                    [](const V(&in)[3], V(&out)[n]) __attribute__((always_inline)) { F::weights(in, out); },
                    [&](int k, int j) __attribute__((always_inline)) { return L::read(square[3 * k + j][i]); },
                    [&](int k, int j, V v) __attribute__((always_inline)) { L::write(to + (n * k + j) * K, v); });
            }
        }
}

/// Gᵀ u G of the sum of `shares` u (K, O, C) → w (O, 9, C), the gradient of weights, rows from `first` to `end`.
template <int m>
EDIY_INLINE void gather_weights(const float *u, int64_t shares, int64_t O, int64_t C, int64_t first, int64_t end,
                                float *w) {
    using F = Filter<m>;
    using L = Lanes<F::lanes>;
    using V = typename L::V;
    constexpr int n = F::places;
    for (int64_t o = first; o < end; ++o)
        for (int64_t c = 0; c < C; c += F::lanes) {
            along_both_sides<n, 3, V>(
                [](const V(&in)[n], V(&out)[3]) __attribute__((always_inline)) { F::weight_gradients(in, out); },
                [&](int i, int j) __attribute__((always_inline)) {
                    const float *from = u + ((n * i + j) * O + o) * C + c;
                    V sum = L::read(from);
                    for (int64_t share = 1; share < shares; ++share) sum += L::read(from + share * n * n * O * C);
                    return sum;
                },
                [&](int i, int j, V v)
                    __attribute__((always_inline)) { L::write(w + (o * 9 + 3 * i + j) * C + c, v); });
        }
}

} // namespace ediy
