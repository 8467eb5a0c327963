/// How a picture is resampled. Both widen over the pixels that fall together when shrinking (antialiased).
public enum ResizeFilter: Sendable {
    case bilinear
    /// Catmull and Rom's cubic, a = −0.5.
    case bicubic

    var support: Double {
        switch self {
        case .bilinear: 1
        case .bicubic: 2
        }
    }

    func callAsFunction(_ distance: Double) -> Double {
        let x = abs(distance)
        switch self {
        case .bilinear: return max(0, 1 - x)
        case .bicubic:
            let a = -0.5
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
            return 0
        }
    }
}

/// A rectangle with real edges, in pixels.
public struct CropBox: Equatable, Sendable {
    public let x: Double
    public let y: Double
    public let width: Double
    public let height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }
}

extension Image {
    /// Resampled to another size, with Pillow's arithmetic (`Image.resize`): rows first, then columns, weights of 22 bits,
    /// each pass rounded to 8 bits.
    ///
    /// - Parameter box: the part to take; all of it by default. Pixels outside of it take part at its edges only where
    ///   the filter reaches over them, as in Pillow.
    public func resized(width newWidth: Int, height newHeight: Int, filter: ResizeFilter = .bilinear, box: CropBox? = nil)
        -> Image
    {
        let box = box ?? CropBox(x: 0, y: 0, width: Double(width), height: Double(height))
        let needsRows = newWidth != width || box.x != 0 || box.width != Double(width)
        let needsColumns = newHeight != height || box.y != 0 || box.height != Double(height)
        guard needsRows || needsColumns else { return self }
        let columns = Taps(from: height, start: box.y, extent: box.height, to: newHeight, filter)
        guard needsRows else { return resampledColumns(columns, firstRow: 0) }
        let rows = Taps(from: width, start: box.x, extent: box.width, to: newWidth, filter)
        guard needsColumns else { return resampledRows(rows, 0..<height) }
        // Only the rows that the second pass reads.
        let used = columns.used
        return resampledRows(rows, used).resampledColumns(columns, firstRow: used.lowerBound)
    }

    private func resampledRows(_ taps: Taps, _ rows: Range<Int>) -> Image {
        let outWidth = taps.count
        let out = [UInt8](unsafeUninitializedCapacity: outWidth * rows.count * channels) { out, count in
            count = outWidth * rows.count * channels
            pixels.withUnsafeBufferPointer { input in
                taps.weights.withUnsafeBufferPointer { weights in
                    for (o, y) in rows.enumerated() {
                        let line = UnsafeBufferPointer(rebasing: input[y * stride..<(y + 1) * stride])
                        let target = UnsafeMutableBufferPointer(
                            rebasing: out[o * outWidth * channels..<(o + 1) * outWidth * channels])
                        if channels == 3 {
                            taps.rgbRow(line, target, weights)
                        } else {
                            taps.greyRow(line, target, weights)
                        }
                    }
                }
            }
        }
        return Image(width: outWidth, height: rows.count, channels: channels, pixels: out)
    }

    private func resampledColumns(_ taps: Taps, firstRow: Int) -> Image {
        let stride = self.stride
        let out = [UInt8](unsafeUninitializedCapacity: stride * taps.count) { out, count in
            count = stride * taps.count
            var sums = [Int32](repeating: 0, count: stride)
            sums.withUnsafeMutableBufferPointer { sums in
                pixels.withUnsafeBufferPointer { input in
                    for y in 0..<taps.count {
                        for i in 0..<stride { sums[i] = Taps.half }
                        for k in 0..<taps.lengths[y] {
                            let weight = taps.weights[y * taps.room + k]
                            let row = input.baseAddress! + (taps.starts[y] + k - firstRow) * stride
                            for i in 0..<stride { sums[i] &+= Int32(row[i]) &* weight }
                        }
                        let target = out.baseAddress! + y * stride
                        for i in 0..<stride { target[i] = Taps.clip(sums[i]) }
                    }
                }
            }
        }
        return Image(width: width, height: taps.count, channels: channels, pixels: out)
    }
}

/// For each output place the input places that it is a weighted sum of, with weights in 22 bits.
private struct Taps {
    static let bits: Int32 = 22
    static let half: Int32 = 1 << (bits - 1)

    let count: Int
    /// The weights kept for each output, of which the first `lengths` are used.
    let room: Int
    var starts: [Int]
    var lengths: [Int]
    var weights: [Int32]

    init(from inputs: Int, start: Double, extent: Double, to outputs: Int, _ filter: ResizeFilter) {
        let scale = extent / Double(outputs)
        let filterScale = max(scale, 1)
        let support = filter.support * filterScale
        count = outputs
        room = Int(support.rounded(.up)) * 2 + 1
        starts = []
        lengths = []
        weights = [Int32](repeating: 0, count: outputs * room)
        var real = [Double](repeating: 0, count: room)
        for o in 0..<outputs {
            let center = start + (Double(o) + 0.5) * scale
            let first = max(Int(center - support + 0.5), 0)
            let length = min(Int(center + support + 0.5), inputs) - first
            var total = 0.0
            for k in 0..<length {
                real[k] = filter((Double(k + first) - center + 0.5) / filterScale)
                total += real[k]
            }
            for k in 0..<length {
                let weight = (total != 0 ? real[k] / total : real[k]) * Double(1 << Self.bits)
                weights[o * room + k] = Int32(weight < 0 ? weight - 0.5 : weight + 0.5)
            }
            starts.append(first)
            lengths.append(length)
        }
    }

    /// The input places that any output reads.
    var used: Range<Int> { starts[0]..<(starts[count - 1] + lengths[count - 1]) }

    @inline(__always)
    static func clip(_ sum: Int32) -> UInt8 { UInt8(truncatingIfNeeded: min(max(sum >> bits, 0), 255)) }

    func rgbRow(
        _ line: UnsafeBufferPointer<UInt8>, _ out: UnsafeMutableBufferPointer<UInt8>, _ weights: UnsafeBufferPointer<Int32>
    ) {
        for o in 0..<count {
            var (r, g, b) = (Self.half, Self.half, Self.half)
            var i = starts[o] * 3
            for k in o * room..<o * room + lengths[o] {
                let weight = weights[k]
                r &+= Int32(line[i]) &* weight
                g &+= Int32(line[i + 1]) &* weight
                b &+= Int32(line[i + 2]) &* weight
                i += 3
            }
            out[3 * o] = Self.clip(r)
            out[3 * o + 1] = Self.clip(g)
            out[3 * o + 2] = Self.clip(b)
        }
    }

    func greyRow(
        _ line: UnsafeBufferPointer<UInt8>, _ out: UnsafeMutableBufferPointer<UInt8>, _ weights: UnsafeBufferPointer<Int32>
    ) {
        for o in 0..<count {
            var sum = Self.half
            for k in 0..<lengths[o] { sum &+= Int32(line[starts[o] + k]) &* weights[o * room + k] }
            out[o] = Self.clip(sum)
        }
    }
}
