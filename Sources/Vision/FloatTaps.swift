/// `ResizeSpans` with weights in floats, as many for each output; the last four outputs are filled up by ones of weight 0.
struct FloatTaps {
    /// Weights an output.
    let width: Int
    /// The inputs that any output is made of.
    let inputs: Range<Int>
    /// Counted from the first of `inputs`.
    private let firstInputs: [Int]
    private let weights: [Float]

    /// - Parameters:
    ///   - stretch: the inputs to resample, in pixels.
    ///   - unit: what the inputs are to be divided by.
    ///   - isMirrored: whether the last output comes first.
    init(
        _ stretch: (start: Double, length: Double), to count: Int, _ filter: ResizeFilter, unit: Int, isMirrored: Bool
    ) {
        let spans = ResizeSpans(from: stretch.start, length: stretch.length, to: count, filter)
        let width = (0..<count).map { spans.offsets[$0 + 1] - spans.offsets[$0] }.max() ?? 1
        let begin = Int(stretch.start.rounded(.down))
        var firstInputs: [Int] = []
        let filled = (count + 3) / 4 * 4
        var weights = [Float](repeating: 0, count: filled * width)
        for output in 0..<count {
            let span = isMirrored ? count - 1 - output : output
            firstInputs.append(spans.firstInputs[span] - begin)
            for (i, place) in (spans.offsets[span]..<spans.offsets[span + 1]).enumerated() {
                weights[output * width + i] = Float(spans.weights[place] / Double(unit))
            }
        }
        firstInputs += Array(repeating: 0, count: filled - count)
        self.width = width
        inputs = begin..<Int((stretch.start + stretch.length).rounded(.up))
        self.firstInputs = firstInputs
        self.weights = weights
    }

    /// Gives `body` all first inputs, and all weights, `width` an output.
    func withTables<Result>(_ body: (UnsafePointer<Int>, UnsafePointer<Float>) -> Result) -> Result {
        firstInputs.withUnsafeBufferPointer { firstInputs in
            weights.withUnsafeBufferPointer { body(firstInputs.baseAddress!, $0.baseAddress!) }
        }
    }
}
