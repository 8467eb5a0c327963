// Single-precision matrix products on one thread, by OpenBLAS, whose own threads spin between calls on the cores that
// others need.
#pragma once
#include <dlfcn.h>

#include <cstdint>

namespace ediy {

// Fortran's, columns innermost. Found at run time, since a libtorch with another BLAS has none that could be linked.
using Sgemm = void (*)(const char *, const char *, const int *, const int *, const int *, const float *, const float *,
                       const int *, const float *, const int *, const float *, float *, const int *);

inline Sgemm sgemm() {
    static const auto found = [] {
        // The reference BLAS has the same name and none of the speed.
        return dlsym(RTLD_DEFAULT, "openblas_set_num_threads") ? reinterpret_cast<Sgemm>(dlsym(RTLD_DEFAULT, "sgemm_"))
                                                               : nullptr;
    }();
    return found;
}

/// A matrix, row-major with `stride` numbers from row to row, or its transpose: what a product takes.
struct Matrix {
    const float *data;
    int64_t stride;
    bool transposed;
};

/// out (m, n) = a (m, k) · b (k, n) + beta · out; out is row-major, `stride` numbers from row to row.
inline void gemm(int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, float beta, float *out, int64_t stride) {
    // To Fortran each row-major matrix is its transpose: outᵀ = bᵀ · aᵀ.
    const int rows = static_cast<int>(m), columns = static_cast<int>(n), inner = static_cast<int>(k),
              lda = static_cast<int>(a.stride), ldb = static_cast<int>(b.stride), ldc = static_cast<int>(stride);
    const float one = 1;
    sgemm()(b.transposed ? "T" : "N", a.transposed ? "T" : "N", &columns, &rows, &inner, &one, b.data, &ldb, a.data,
            &lda, &beta, out, &ldc);
}

} // namespace ediy
