/// For each output place the input places that it is a weighted mean of, as Pillow's `precompute_coeffs` defines them.
struct ResizeSpans {
    /// By output.
    private(set) var firstInputs: [Int] = []
    /// Where an output's weights begin, and at the end where the last one's end.
    private(set) var offsets = [0]
    /// One after the other; each output's sum to 1.
    private(set) var weights: [Double] = []

    var count: Int { firstInputs.count }

    /// - Parameters:
    ///   - start: where the stretch of inputs begins that is resampled; what lies outside of it has no influence.
    ///   - length: how long the stretch is.
    init(from start: Double, length: Double, to count: Int, _ filter: ResizeFilter) {
        let scale = length / Double(count)
        // Shrinking widens the filter over all the pixels that fall together.
        let filterScale = max(scale, 1)
        let support = filter.support * filterScale
        let (begin, end) = (Int(start.rounded(.down)), Int((start + length).rounded(.up)))
        for output in 0..<count {
            let center = start + (Double(output) + 0.5) * scale
            let first = max(Int(center - support + 0.5), begin)
            var total = 0.0
            for input in first..<min(Int(center + support + 0.5), end) {
                let weight = filter((Double(input) - center + 0.5) / filterScale)
                weights.append(weight)
                total += weight
            }
            for i in offsets[output]..<weights.count { weights[i] /= total }
            firstInputs.append(first)
            offsets.append(weights.count)
        }
    }
}
