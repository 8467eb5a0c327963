/// A row of an RGB image in floats, the channels apart, for work on colours without rounding between the steps.
struct ColorRow {
    let width: Int
    /// Red, green and blue, each `groups` vectors of four pixels. What fills the last one up is black at first.
    private var lanes: [Lanes]
    private let groups: Int

    init(width: Int) {
        self.width = width
        groups = (width + 3) / 4
        lanes = [Lanes](repeating: .zero, count: 3 * groups)
    }

    /// Gives `body` red, green and blue, `groups` vectors each.
    @inline(__always)
    mutating func withChannels<Result>(
        _ body: (
            _ red: UnsafeMutablePointer<Lanes>, _ green: UnsafeMutablePointer<Lanes>, _ blue: UnsafeMutablePointer<Lanes>,
            _ groups: Int
        ) -> Result
    ) -> Result {
        let groups = groups
        return lanes.withUnsafeMutableBufferPointer {
            let red = $0.baseAddress!
            return body(red, red + groups, red + 2 * groups, groups)
        }
    }

    /// Changes every pixel.
    mutating func map(_ change: some PixelChange) {
        withChannels { red, green, blue, groups in
            for i in 0..<groups { (red[i], green[i], blue[i]) = change(red[i], green[i], blue[i]) }
        }
    }

    /// The sum of the pixels' grey, what fills the last vector up included.
    mutating func greySum() -> Float {
        withChannels { red, green, blue, groups in
            var sum = Lanes.zero
            for i in 0..<groups { sum += lightness(red[i], green[i], blue[i]) }
            return sum.sum()
        }
    }

    /// Rounds to bytes, red, green and blue in turns.
    mutating func store(to pixels: UnsafeMutablePointer<UInt8>) {
        let width = width
        withChannels { red, green, blue, groups in
            /// Four pixels, a byte a channel, the fourth 0.
            @inline(__always)
            func packed(_ i: Int) -> SIMD4<UInt32> {
                // The numbers' low bytes, rounded: see `Lanes.bytes`.
                @inline(__always)
                func bytes(_ x: Lanes) -> SIMD4<UInt32> { unsafeBitCast(x + 0x1p23, to: SIMD4<UInt32>.self) & 0xFF }
                return bytes(red[i]) | bytes(green[i]) &<< 8 | bytes(blue[i]) &<< 16
            }
            var target = UnsafeMutableRawPointer(pixels)
            for i in 0..<groups - 1 {
                // Two pixels in six bytes of each half. What is stored beyond them, the next pixels cover.
                let pairs = unsafeBitCast(packed(i), to: SIMD2<UInt64>.self)
                let halves = pairs & 0xFF_FFFF | (pairs &>> 8) & 0xFFFF_FF00_0000
                target.storeBytes(of: halves.x, as: UInt64.self)
                target.storeBytes(of: halves.y, toByteOffset: 6, as: UInt64.self)
                target += 12
            }
            let last = packed(groups - 1)
            for x in 4 * (groups - 1)..<width {
                for c in 0..<3 { pixels[3 * x + c] = UInt8(truncatingIfNeeded: last[x % 4] &>> (8 * UInt32(c))) }
            }
        }
    }

    /// Takes over bytes, red, green and blue in turns.
    mutating func load(from pixels: UnsafePointer<UInt8>) {
        let width = width
        withChannels { red, green, blue, groups in
            @inline(__always)
            func set(_ i: Int, _ four: SIMD4<UInt32>) {
                @inline(__always)
                func lanes(_ bytes: SIMD4<UInt32>) -> Lanes { Lanes(SIMD4<Int32>(truncatingIfNeeded: bytes & 0xFF)) }
                (red[i], green[i], blue[i]) = (lanes(four), lanes(four &>> 8), lanes(four &>> 16))
            }
            var from = UnsafeRawPointer(pixels)
            for i in 0..<groups - 1 {
                set(
                    i,
                    SIMD4(
                        from.loadUnaligned(as: UInt32.self), from.loadUnaligned(fromByteOffset: 3, as: UInt32.self),
                        from.loadUnaligned(fromByteOffset: 6, as: UInt32.self),
                        from.loadUnaligned(fromByteOffset: 9, as: UInt32.self)))
                from += 12
            }
            var last = SIMD4<UInt32>.zero
            for x in 4 * (groups - 1)..<width {
                for c in 0..<3 { last[x % 4] |= UInt32(pixels[3 * x + c]) << (8 * UInt32(c)) }
            }
            set(groups - 1, last)
        }
    }
}
