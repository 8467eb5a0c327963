/// Σ in numpy's order, so that means agree to the last bit: halves down to 128 values, those in eight running sums.
func pairwiseSum(_ values: ArraySlice<Double>) -> Double {
    let n = values.count
    let s = values.startIndex
    if n < 8 { return values.reduce(0, +) }
    if n <= 128 {
        var r = Array(values[s..<s + 8])
        var i = 8
        while i < n - n % 8 {
            for j in 0..<8 { r[j] += values[s + i + j] }
            i += 8
        }
        let total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
        return values[(s + i)...].reduce(total, +)
    }
    let half = n / 2 - (n / 2) % 8
    return pairwiseSum(values[s..<s + half]) + pairwiseSum(values[(s + half)...])
}
