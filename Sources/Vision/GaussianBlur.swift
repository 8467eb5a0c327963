#if canImport(Glibc)
import Glibc
#endif

extension Image {
    /// Blurred by a Gaussian of deviation `sigma` pixels cut to `kernel` taps, mirrored at the edges. Source: torchvision's
    /// `gaussian_blur`.
    ///
    /// - Parameter kernel: odd.
    public func gaussianBlurred(kernel: Int, sigma: Double) -> Image {
        precondition(kernel % 2 == 1 && kernel > 0 && sigma > 0, "kernel \(kernel), σ \(sigma)")
        // Beyond 4.5 σ a tap weighs less than a hundredth of a grey level; a mirror reaches no further than the picture.
        let reach = min(kernel / 2, Int((4.5 * sigma).rounded(.up)))
        let radius = min(reach, width - 1, height - 1)
        let raw = (-radius...radius).map { exp(-0.5 * pow(Double($0) / sigma, 2)) }
        let total = raw.reduce(0, +)
        let weights = raw.map { Float($0 / total) }
        let rows = blurredColumns(weights, radius)
        return blurredRows(rows, weights, radius)
    }

    /// Sums over rows above and below, as floats.
    private func blurredColumns(_ weights: [Float], _ radius: Int) -> [Float] {
        let stride = self.stride
        var out = [Float](repeating: 0, count: pixels.count)
        out.withUnsafeMutableBufferPointer { out in
            pixels.withUnsafeBufferPointer { input in
                for y in 0..<height {
                    let target = out.baseAddress! + y * stride
                    for k in -radius...radius {
                        let source = input.baseAddress! + Self.mirrored(y + k, height) * stride
                        let weight = weights[k + radius]
                        for i in 0..<stride { target[i] += Float(source[i]) * weight }
                    }
                }
            }
        }
        return out
    }

    /// Sums over pixels to both sides, rounded to 8 bits.
    private func blurredRows(_ values: [Float], _ weights: [Float], _ radius: Int) -> Image {
        let stride = self.stride
        let margin = radius * channels
        var padded = [Float](repeating: 0, count: stride + 2 * margin)
        var sums = [Float](repeating: 0, count: stride)
        let out = [UInt8](unsafeUninitializedCapacity: pixels.count) { out, count in
            count = pixels.count
            for y in 0..<height {
                values.withUnsafeBufferPointer { values in
                    let row = values.baseAddress! + y * stride
                    for x in -radius..<width + radius {
                        let from = Self.mirrored(x, width) * channels
                        for c in 0..<channels { padded[(x + radius) * channels + c] = row[from + c] }
                    }
                }
                sums.withUnsafeMutableBufferPointer { sums in
                    padded.withUnsafeBufferPointer { padded in
                        for i in 0..<stride { sums[i] = 0.5 }
                        for k in 0...2 * radius {
                            let weight = weights[k]
                            let source = padded.baseAddress! + k * channels
                            for i in 0..<stride { sums[i] += source[i] * weight }
                        }
                        let target = out.baseAddress! + y * stride
                        for i in 0..<stride { target[i] = UInt8(min(max(sums[i], 0), 255)) }
                    }
                }
            }
        }
        return Image(width: width, height: height, channels: channels, pixels: out)
    }

    /// The place inside 0 ..< count that a mirror at the outermost pixels shows for `i`.
    private static func mirrored(_ i: Int, _ count: Int) -> Int {
        i < 0 ? -i : i >= count ? 2 * count - 2 - i : i
    }
}
