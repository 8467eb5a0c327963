/// `ResizeSpans` with weights of 22 bits, as Pillow's `normalize_coeffs_8bpc` makes them.
struct ResizeTaps {
    private static let bits: Int32 = 22

    private struct Output {
        let firstInput: Int
        let weights: Range<Int>
    }

    private let outputs: [Output]
    private let weights: [Int32]

    /// The number of outputs.
    var count: Int { outputs.count }

    init(from inputs: Int, to count: Int, _ filter: ResizeFilter) {
        let spans = ResizeSpans(from: 0, length: Double(inputs), to: count, filter)
        outputs = (0..<count).map {
            Output(firstInput: spans.firstInputs[$0], weights: spans.offsets[$0]..<spans.offsets[$0 + 1])
        }
        weights = spans.weights.map { Int32(($0 * Double(1 << Self.bits)).rounded()) }
    }

    /// One output's value, rounded, in eight lanes.
    ///
    /// - Parameter values: an input's values, 0 ... 255.
    @inline(__always)
    func sum(at output: Int, _ values: (Int) -> SIMD8<Int32>) -> SIMD8<UInt8> {
        outputs.withUnsafeBufferPointer { outputs in
            weights.withUnsafeBufferPointer { weights in
                var sum = SIMD8<Int32>(repeating: 1 << (Self.bits - 1))
                var input = outputs[output].firstInput
                for i in outputs[output].weights {
                    sum &+= values(input) &* weights[i]
                    input &+= 1
                }
                let value = sum &>> Self.bits
                let positive = value & ~(value &>> 31)
                // Beyond 255 all bits are set, and the low byte is 255.
                return SIMD8(truncatingIfNeeded: positive | ((255 &- positive) &>> 31))
            }
        }
    }

    /// Two rows of pixels, the halves of `line`'s vectors, resampled.
    func resample(
        _ line: UnsafeMutableBufferPointer<SIMD8<Int32>>, into upper: UnsafeMutablePointer<UInt8>,
        _ lower: UnsafeMutablePointer<UInt8>, channels: Int
    ) {
        let length = count * channels
        for x in 0..<count {
            let pixels = sum(at: x) { line[$0] }
            // Four bytes are stored for a pixel; what is too much of them, the next pixel covers.
            pixels.lowHalf.store(to: upper, from: x * channels, of: length)
            pixels.highHalf.store(to: lower, from: x * channels, of: length)
        }
    }
}
