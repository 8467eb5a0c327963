/// Four values that one instruction works on. The inner loops of this room are written with vectors, since the compiler
/// vectorises only the simplest of loops by itself.
typealias Lanes = SIMD4<Float>

extension Lanes {
    // Swift's own conversions from Float stop at values that do not fit, one lane at a time. These add a number so great
    // that floats of its size have no fraction bits.

    /// The largest whole numbers not above these, which are at most 2²² from 0.
    var floor: Lanes {
        @inline(__always) get {
            let nearest = (self + 0x1.8p23) - 0x1.8p23
            return (nearest - 1).replacing(with: nearest, where: nearest .<= self)
        }
    }

    /// The low bytes of these whole numbers, 0 ..< 2²³.
    var bytes: SIMD4<UInt8> {
        @inline(__always) get {
            SIMD4<UInt8>(truncatingIfNeeded: unsafeBitCast(self + 0x1p23, to: SIMD4<UInt32>.self))
        }
    }

    /// Cut to 0 ... 255.
    var clipped: Lanes {
        @inline(__always) get { greater(.zero).less(Lanes(repeating: 255)) }
    }

    @inline(__always)
    func greater(_ other: Lanes) -> Lanes { replacing(with: other, where: other .> self) }

    @inline(__always)
    func less(_ other: Lanes) -> Lanes { replacing(with: other, where: other .< self) }
}

extension SIMD where Scalar == UInt8 {
    /// Bytes from `row[start]` on, as many as there are lanes; zeros from `row[count]` on.
    @inline(__always)
    init(_ row: UnsafePointer<UInt8>, from start: Int, of count: Int) {
        if start &+ Self.scalarCount <= count {
            self = UnsafeRawPointer(row + start).loadUnaligned(as: Self.self)
        } else {
            self = Self.end(of: row, from: start, of: count)
        }
    }

    /// Puts the bytes to `row[start]` and on, but not to `row[count]` and on.
    @inline(__always)
    func store(to row: UnsafeMutablePointer<UInt8>, from start: Int, of count: Int) {
        if start &+ Self.scalarCount <= count {
            UnsafeMutableRawPointer(row + start).storeBytes(of: self, as: Self.self)
        } else {
            storeEnd(to: row, from: start, of: count)
        }
    }

    // Apart from the rest, so that the loops that load and store stay small.

    @inline(never)
    private static func end(of row: UnsafePointer<UInt8>, from start: Int, of count: Int) -> Self {
        var values = Self.zero
        for i in start..<count { values[i - start] = row[i] }
        return values
    }

    @inline(never)
    private func storeEnd(to row: UnsafeMutablePointer<UInt8>, from start: Int, of count: Int) {
        for i in start..<count { row[i] = self[i - start] }
    }
}
