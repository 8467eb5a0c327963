/// Resamples a rectangle of an image to a square, a row at a time: columns first, into 16 bits, then the row, into floats
/// that colours are worked on in. Nothing is rounded to bytes in between.
struct FusedResize {
    private let image: Image
    private let rows: PairTaps
    private let columns: FloatTaps
    /// Values of a row that columns are made of, and of what weighs nothing behind them, in full vectors.
    private let lineLength: Int
    /// The input rows of one output row in 16 bits, by row modulo their number.
    private var kept: [Int16]
    /// Rows before this one have been kept.
    private var nextRow = 0
    /// One row after the first pass, times the unit of its weights.
    private var line: [Float]

    /// - Parameters:
    ///   - box: in pixels of the whole image.
    ///   - isMirrored: left to right.
    init(_ part: ImagePart, _ box: CropBox, size: Int, isMirrored: Bool) {
        image = part.image.rgb
        rows = PairTaps(part.stretch(box.y, box.height, from: part.y), to: size, .bicubic)
        columns = FloatTaps(part.stretch(box.x, box.width, from: part.x), to: size, .bicubic, unit: PairTaps.unit, isMirrored: isMirrored)
        lineLength = (3 * (columns.inputs.count + columns.width) + 8) / 8 * 8
        kept = [Int16](repeating: 0, count: 2 * rows.pairs * lineLength)
        line = [Float](repeating: 0, count: lineLength)
    }

    /// The result, changed in colour step by step, at last turned grey if asked for, and rounded to bytes.
    mutating func image(size: Int, _ adjustments: [ColorAdjustment], toGrey: Bool) -> Image {
        // A change of contrast must know the mean of the whole image, and begins a second pass.
        let pause = adjustments.firstIndex { if case .contrast = $0 { true } else { false } } ?? adjustments.endIndex
        let needsMean = pause < adjustments.endIndex
        let stride = 3 * size
        let pixels = [UInt8](unsafeUninitializedCapacity: stride * size) { pixels, count in
            count = stride * size
            var row = ColorRow(width: size)
            var sum: Float = 0
            for y in 0..<size {
                resample(row: y, into: &row)
                row.adjust(adjustments[..<pause], mean: 0)
                if needsMean { sum += row.greySum() } else if toGrey { row.makeGrey() }
                row.store(to: pixels.baseAddress! + y * stride)
            }
            guard needsMean else { return }
            for y in 0..<size {
                row.load(from: pixels.baseAddress! + y * stride)
                row.adjust(adjustments[pause...], mean: sum / Float(size * size))
                if toGrey { row.makeGrey() }
                row.store(to: pixels.baseAddress! + y * stride)
            }
        }
        return Image(width: size, height: size, pixels: pixels)
    }

    /// Row `y` of the result, 0 ... 255.
    private mutating func resample(row y: Int, into result: inout ColorRow) {
        sumRows(y)
        let taps = columns.width
        columns.withTables { firstInputs, weights in
            line.withUnsafeBytes { line in
                let line = line.baseAddress!
                result.withChannels { red, green, blue, groups in
                    for i in 0..<groups {
                        let first = firstInputs + 4 &* i
                        let weights = weights + 4 &* i &* taps
                        // Four pixels; their fourth lanes are of no meaning.
                        var (a, b, c, d) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
                        let (fromA, fromB) = (line + 12 &* first[0], line + 12 &* first[1])
                        let (fromC, fromD) = (line + 12 &* first[2], line + 12 &* first[3])
                        var tap = 0
                        while tap < taps {
                            a += fromA.loadUnaligned(fromByteOffset: 12 &* tap, as: Lanes.self) * weights[tap]
                            b += fromB.loadUnaligned(fromByteOffset: 12 &* tap, as: Lanes.self) * weights[taps &+ tap]
                            c += fromC.loadUnaligned(fromByteOffset: 12 &* tap, as: Lanes.self) * weights[2 &* taps &+ tap]
                            d += fromD.loadUnaligned(fromByteOffset: 12 &* tap, as: Lanes.self) * weights[3 &* taps &+ tap]
                            tap &+= 1
                        }
                        red[i] = Lanes(a.x, b.x, c.x, d.x).clipped
                        green[i] = Lanes(a.y, b.y, c.y, d.y).clipped
                        blue[i] = Lanes(a.z, b.z, c.z, d.z).clipped
                    }
                }
            }
        }
    }

    /// The weighted sum of rows that is row `y` of the result. Rows must be asked for downwards.
    private mutating func sumRows(_ y: Int) {
        let first = rows.firstInput(y)
        let end = first + 2 * rows.pairs
        nextRow = max(nextRow, first)
        while nextRow < end {
            widen(nextRow)
            nextRow += 1
        }
        let (pairs, lineLength) = (rows.pairs, lineLength)
        rows.withWeights(y) { weights in
            kept.withUnsafeBytes { kept in
                line.withUnsafeMutableBytes { line in
                    withUnsafeTemporaryAllocation(of: UnsafeRawPointer.self, capacity: 2 * pairs) { sources in
                        for i in 0..<2 * pairs {
                            sources[i] = kept.baseAddress! + (first + i) % (2 * pairs) * lineLength * 2
                        }
                        let sources = sources.baseAddress!
                        var x = 0
                        while x < 2 &* lineLength {
                            var sum = SIMD8<Int32>.zero
                            var pair = 0
                            while pair < pairs {
                                let near = sources[2 &* pair].loadUnaligned(fromByteOffset: x, as: SIMD8<Int16>.self)
                                let far = sources[2 &* pair &+ 1].loadUnaligned(fromByteOffset: x, as: SIMD8<Int16>.self)
                                let first = SIMD8<Int32>(truncatingIfNeeded: near) &* Int32(weights[pair].x)
                                let second = SIMD8<Int32>(truncatingIfNeeded: far) &* Int32(weights[pair].y)
                                sum &+= first &+ second
                                pair &+= 1
                            }
                            line.storeBytes(of: Lanes(sum.lowHalf), toByteOffset: 2 &* x, as: Lanes.self)
                            line.storeBytes(of: Lanes(sum.highHalf), toByteOffset: 2 &* x &+ 16, as: Lanes.self)
                            x &+= 16
                        }
                    }
                }
            }
        }
    }

    /// Keeps an input row in 16 bits. Rows beyond the last weigh nothing, and any will do.
    private mutating func widen(_ row: Int) {
        let y = min(rows.inputs.lowerBound + row, image.height - 1)
        let from = y * image.stride + 3 * columns.inputs.lowerBound
        let length = min(lineLength, image.pixels.count - from)
        let target = row % (2 * rows.pairs) * lineLength
        image.pixels.withUnsafeBufferPointer { pixels in
            kept.withUnsafeMutableBytes { kept in
                for x in stride(from: 0, to: length, by: 8) {
                    let values = SIMD8<UInt8>(pixels.baseAddress! + from, from: x, of: length)
                    kept.storeBytes(
                        of: SIMD8<Int16>(truncatingIfNeeded: values), toByteOffset: 2 * (target + x), as: SIMD8<Int16>.self)
                }
            }
        }
    }
}
