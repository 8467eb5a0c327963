import COpenBLAS

#if canImport(Glibc)
import Glibc
#endif

/// The effective rank of a matrix (rows, columns), row-major, after centring its columns: e to the entropy of the singular
/// values over their sum. 1 when all rows lie on a line; at most rows − 1, or columns; 0 when all rows are one. NaN where a value
/// is no finite number, or LAPACK finds no eigenvalues. Source: Roy and Vetterli, EUSIPCO 2007.
func effectiveRankOfRows(_ values: [Float], columns: Int) -> Double {
    guard values.allSatisfy(\.isFinite) else { return .nan }
    let rows = values.count / columns
    var centred = values
    for c in 0..<columns {
        var sum: Float = 0
        for r in 0..<rows { sum += values[r * columns + c] }
        let mean = sum / Float(rows)
        for r in 0..<rows { centred[r * columns + c] -= mean }
    }
    // The products of columns have the squares of the singular values, and so have those of rows: the fewer are taken.
    let size = min(rows, columns)
    var products = [Float](repeating: 0, count: size * size)
    cblas_ssyrk(
        CblasRowMajor, CblasUpper, rows < columns ? CblasNoTrans : CblasTrans, Int32(size), Int32(max(rows, columns)), 1,
        centred, Int32(columns), 0, &products, Int32(size))
    guard products.allSatisfy(\.isFinite), let found = eigenvalues(ofSymmetric: &products, size: size) else { return .nan }
    let singular = found.map { Double(max($0, 0)).squareRoot() }
    let total = singular.reduce(0, +)
    guard total > 0 else { return total.isNaN ? .nan : 0 }
    let entropy = singular.reduce(0.0) { sum, value in
        let p = value / total
        return p > 0 ? sum - p * log(p) : sum
    }
    return exp(entropy)
}

/// - Parameter matrix: its upper triangle, row-major; overwritten.
/// - Returns: nil where LAPACK's iteration does not converge.
private func eigenvalues(ofSymmetric matrix: inout [Float], size: Int) -> [Float]? {
    var (n, info): (Int32, Int32) = (Int32(size), 0)
    var values = [Float](repeating: 0, count: size)
    var length: Int32 = -1
    var best: Float = 0
    // Fortran sees the upper triangle of rows as the lower one of columns.
    ssyev_("N", "L", &n, &matrix, &n, &values, &best, &length, &info)
    precondition(info == 0, "ssyev_: argument \(-info) of a workspace query")
    length = Int32(best)
    var work = [Float](repeating: 0, count: Int(length))
    ssyev_("N", "L", &n, &matrix, &n, &values, &work, &length, &info)
    precondition(info >= 0, "ssyev_: argument \(-info)")
    return info == 0 ? values : nil
}
