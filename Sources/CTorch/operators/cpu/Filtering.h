// Minimal filtering along one side of a tile; the page of this room derives it. V is a vector of float32, of one
// channel a lane.
#pragma once
#include "operators/cpu/Lanes.h"

namespace ediy {

/// F(m, 3): `pixels` is Bᵀ, `weights` G, `results` Aᵀ; `gradients` is A and `weight_gradients` Gᵀ, the ways back.
template <int m> struct Filter;

template <> struct Filter<2> {
    static constexpr int places = 4, lanes = 8;

    template <typename V> static EDIY_INLINE void pixels(const V (&d)[4], V (&r)[4]) {
        r[0] = d[0] - d[2];
        r[1] = d[1] + d[2];
        r[2] = d[2] - d[1];
        r[3] = d[1] - d[3];
    }

    template <typename V> static EDIY_INLINE void weights(const V (&w)[3], V (&r)[4]) {
        const V half = (w[0] + w[2]) * 0.5f;
        r[0] = w[0];
        r[1] = half + w[1] * 0.5f;
        r[2] = half - w[1] * 0.5f;
        r[3] = w[2];
    }

    template <typename V> static EDIY_INLINE void results(const V (&p)[4], V (&r)[2]) {
        r[0] = p[0] + p[1] + p[2];
        r[1] = p[1] - p[2] - p[3];
    }

    template <typename V> static EDIY_INLINE void gradients(const V (&g)[2], V (&r)[4]) {
        r[0] = g[0];
        r[1] = g[0] + g[1];
        r[2] = g[0] - g[1];
        r[3] = -g[1];
    }

    template <typename V> static EDIY_INLINE void weight_gradients(const V (&u)[4], V (&r)[3]) {
        r[0] = u[0] + (u[1] + u[2]) * 0.5f;
        r[1] = (u[1] - u[2]) * 0.5f;
        r[2] = (u[1] + u[2]) * 0.5f + u[3];
    }
};

template <> struct Filter<4> {
    static constexpr int places = 6, lanes = 16;

    template <typename V> static EDIY_INLINE void pixels(const V (&d)[6], V (&r)[6]) {
        const V a = d[4] - d[2] * 4, b = d[3] - d[1] * 4, c = d[4] - d[2], e = (d[3] - d[1]) * 2;
        r[0] = d[0] * 4 - d[2] * 5 + d[4];
        r[1] = a + b;
        r[2] = a - b;
        r[3] = c + e;
        r[4] = c - e;
        r[5] = d[1] * 4 - d[3] * 5 + d[5];
    }

    template <typename V> static EDIY_INLINE void weights(const V (&w)[3], V (&r)[6]) {
        const V a = (w[0] + w[2]) * (-1 / 6.f), b = w[1] * (1 / 6.f), c = w[0] * (1 / 24.f) + w[2] * (1 / 6.f),
                e = w[1] * (1 / 12.f);
        r[0] = w[0] * 0.25f;
        r[1] = a - b;
        r[2] = a + b;
        r[3] = c + e;
        r[4] = c - e;
        r[5] = w[2];
    }

    template <typename V> static EDIY_INLINE void results(const V (&p)[6], V (&r)[4]) {
        const V a = p[1] + p[2], b = p[1] - p[2], c = p[3] + p[4], e = p[3] - p[4];
        r[0] = p[0] + a + c;
        r[1] = b + e * 2;
        r[2] = a + c * 4;
        r[3] = b + e * 8 + p[5];
    }

    template <typename V> static EDIY_INLINE void gradients(const V (&g)[4], V (&r)[6]) {
        const V a = g[0] + g[2], b = g[1] + g[3], c = g[0] + g[2] * 4, e = g[1] * 2 + g[3] * 8;
        r[0] = g[0];
        r[1] = a + b;
        r[2] = a - b;
        r[3] = c + e;
        r[4] = c - e;
        r[5] = g[3];
    }

    template <typename V> static EDIY_INLINE void weight_gradients(const V (&u)[6], V (&r)[3]) {
        const V a = (u[1] + u[2]) * (-1 / 6.f), b = (u[2] - u[1]) * (1 / 6.f), c = u[3] + u[4],
                e = (u[3] - u[4]) * (1 / 12.f);
        r[0] = u[0] * 0.25f + a + c * (1 / 24.f);
        r[1] = b + e;
        r[2] = a + c * (1 / 6.f) + u[5];
    }
};

} // namespace ediy
