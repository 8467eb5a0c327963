#pragma once
#include <cblas.h>

// LAPACK's symmetric eigenvalue driver, by its Fortran symbol: OpenBLAS carries it, and its C wrapper is a package
// more.
void ssyev_(const char *jobz, const char *uplo, const int *n, float *a, const int *lda, float *w, float *work,
            const int *lwork, int *info);
