/// `ResizeSpans` with whole weights, as many for each output, in twos: the processor multiplies pairs of 16-bit numbers
/// and adds them at once.
struct PairTaps {
    /// What an output's weights sum to.
    static let unit = 1 << 14

    /// Pairs of weights an output.
    let pairs: Int
    /// The inputs that any output is made of.
    let inputs: Range<Int>
    /// Counted from the first of `inputs`.
    private let firstInputs: [Int]
    private let weights: [SIMD2<Int16>]

    /// - Parameter stretch: the inputs to resample, in pixels.
    init(_ stretch: (start: Double, length: Double), to count: Int, _ filter: ResizeFilter) {
        let spans = ResizeSpans(from: stretch.start, length: stretch.length, to: count, filter)
        let lengths = (0..<count).map { spans.offsets[$0 + 1] - spans.offsets[$0] }
        let pairs = ((lengths.max() ?? 1) + 1) / 2
        let begin = Int(stretch.start.rounded(.down))
        var firstInputs: [Int] = []
        var weights = [SIMD2<Int16>](repeating: .zero, count: count * pairs)
        for output in 0..<count {
            firstInputs.append(spans.firstInputs[output] - begin)
            // What rounding leaves goes to the greatest weight: flat stays flat.
            var rest = Self.unit
            var greatest = 0
            for i in 0..<lengths[output] {
                let weight = Int16((spans.weights[spans.offsets[output] + i] * Double(Self.unit)).rounded())
                weights[output * pairs + i / 2][i % 2] = weight
                rest -= Int(weight)
                if weight > weights[output * pairs + greatest / 2][greatest % 2] { greatest = i }
            }
            weights[output * pairs + greatest / 2][greatest % 2] += Int16(rest)
        }
        self.pairs = pairs
        inputs = begin..<Int((stretch.start + stretch.length).rounded(.up))
        self.firstInputs = firstInputs
        self.weights = weights
    }

    func firstInput(_ output: Int) -> Int { firstInputs[output] }

    /// Gives `body` the weights of an output, `pairs` of them.
    func withWeights<Result>(_ output: Int, _ body: (UnsafePointer<SIMD2<Int16>>) -> Result) -> Result {
        weights.withUnsafeBufferPointer { body($0.baseAddress! + output * pairs) }
    }
}
