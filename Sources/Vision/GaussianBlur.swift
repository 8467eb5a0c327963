#if canImport(Glibc)
import Glibc
#endif

extension Image {
    /// Blurred by a Gaussian of standard deviation `sigma` pixels, cut to `kernel` taps, mirrored at the edges. Source: torchvision's
    /// `gaussian_blur`, whose floats this meets within one grey level.
    ///
    /// - Parameter kernel: odd.
    public func gaussianBlurred(kernel: Int, sigma: Double) -> Image {
        precondition(kernel % 2 == 1 && kernel > 0 && sigma > 0, "kernel \(kernel), σ \(sigma)")
        let taps = GaussianTaps(radius: min(kernel / 2, width - 1, height - 1), sigma: sigma)
        let stride = self.stride
        let margin = taps.reaches * channels
        // One row blurred along the columns, with mirrored margins; the last block of eight may write past its end.
        var line = [Int16](repeating: 0, count: stride + 2 * margin + 8)
        let blurred = [UInt8](unsafeUninitializedCapacity: pixels.count) { out, count in
            count = pixels.count
            pixels.withUnsafeBufferPointer { input in
                line.withUnsafeMutableBufferPointer { line in
                    let row = line.baseAddress! + margin
                    for y in 0..<height {
                        blurColumns(input.baseAddress!, row: y, taps, into: row)
                        mirrorMargins(of: row, taps.radius)
                        let target = out.baseAddress! + y * stride
                        for x in Swift.stride(from: 0, to: stride, by: 8) {
                            let sum = taps.sum { reach in
                                let left = UnsafeRawPointer(row + x - reach * channels)
                                let right = UnsafeRawPointer(row + x + reach * channels)
                                return left.loadUnaligned(as: SIMD8<Int16>.self)
                                    &+ right.loadUnaligned(as: SIMD8<Int16>.self)
                            }
                            let values = GaussianTaps.cut(sum, bits: GaussianTaps.weightBits + GaussianTaps.lineBits)
                            SIMD8<UInt8>(truncatingIfNeeded: values).store(to: target, from: x, of: stride)
                        }
                    }
                }
            }
        }
        return Image(width: width, height: height, channels: channels, pixels: blurred)
    }

    /// Row `y` of the image blurred along the columns.
    private func blurColumns(
        _ input: UnsafePointer<UInt8>, row y: Int, _ taps: GaussianTaps, into row: UnsafeMutablePointer<Int16>
    ) {
        /// The row that a mirror at the outermost rows shows for `y`.
        func mirrored(_ y: Int) -> UnsafePointer<UInt8> {
            input + (y < 0 ? -y : y >= height ? 2 * height - 2 - y : y) * stride
        }
        let above = (0..<taps.reaches).map { mirrored(y - min($0, taps.radius)) }
        let below = (0..<taps.reaches).map { mirrored(y + min($0, taps.radius)) }
        above.withUnsafeBufferPointer { above in
            below.withUnsafeBufferPointer { below in
                for x in Swift.stride(from: 0, to: stride, by: 8) {
                    let sum = taps.sum { reach in
                        SIMD8<Int16>(truncatingIfNeeded: SIMD8<UInt8>(above[reach], from: x, of: stride))
                            &+ SIMD8<Int16>(truncatingIfNeeded: SIMD8<UInt8>(below[reach], from: x, of: stride))
                    }
                    let values = GaussianTaps.cut(sum, bits: GaussianTaps.weightBits - GaussianTaps.lineBits)
                    UnsafeMutableRawPointer(row + x).storeBytes(
                        of: SIMD8<Int16>(truncatingIfNeeded: values), as: SIMD8<Int16>.self)
                }
            }
        }
    }

    private func mirrorMargins(of row: UnsafeMutablePointer<Int16>, _ radius: Int) {
        let last = row + stride - channels
        for i in channels..<channels * (radius + 1) {
            // Values of a pixel keep their order.
            let mirrored = i - 2 * (i % channels)
            row[-mirrored] = row[i]
            last[i] = last[-mirrored]
        }
    }
}

/// A Gaussian's weights as whole numbers, for sums in 32 bits of pairs of values in 16: eight places at once.
private struct GaussianTaps {
    static let weightBits: Int32 = 15
    /// Bits after the point of values between the two passes: a pair of such values fits 16 bits.
    static let lineBits: Int32 = 6

    let radius: Int
    /// By distance from the middle, in twos, as the processor multiplies and adds them. The middle is a pair with itself.
    private let weights: [SIMD2<Int16>]

    /// The distances that `sum` asks for: an even number. The last may weigh nothing.
    var reaches: Int { 2 * weights.count }

    init(radius: Int, sigma: Double) {
        let raw = (0...radius).map { exp(-0.5 * pow(Double($0) / sigma, 2)) }
        let unit = Double(1 << Self.weightBits) / (2 * raw.reduce(0, +) - raw[0])
        var weights = raw.map { Int16(($0 / 2 * unit * ($0 == raw[0] ? 1 : 2)).rounded()) }
        // Far ones that weigh nothing in 15 bits are left away; the middle makes the sum exact, so that flat stays flat.
        weights.removeLast(weights.reversed().prefix { $0 == 0 }.count)
        weights[0] = 1 << (Int16(Self.weightBits) - 1) - weights.dropFirst().reduce(0, +)
        self.radius = weights.count - 1
        if weights.count % 2 == 1 { weights.append(0) }
        self.weights = stride(from: 0, to: weights.count, by: 2).map { SIMD2(weights[$0], weights[$0 + 1]) }
    }

    /// The sum over all distances of a pair's sum times its weight.
    @inline(__always)
    func sum(_ pair: (_ reach: Int) -> SIMD8<Int16>) -> SIMD8<Int32> {
        weights.withUnsafeBufferPointer { weights in
            var sum = SIMD8<Int32>.zero
            for i in 0..<weights.count {
                let near = SIMD8<Int32>(truncatingIfNeeded: pair(2 * i)) &* Int32(weights[i].x)
                let far = SIMD8<Int32>(truncatingIfNeeded: pair(2 * i + 1)) &* Int32(weights[i].y)
                sum &+= near &+ far
            }
            return sum
        }
    }

    /// Rounded, without its last `bits`.
    @inline(__always)
    static func cut(_ sum: SIMD8<Int32>, bits: Int32) -> SIMD8<Int32> {
        (sum &+ (1 << (bits - 1))) &>> bits
    }
}
