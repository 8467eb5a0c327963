#if canImport(Glibc)
import Glibc
#endif

/// A small random generator whose numbers depend on its seed words alone, on every machine and with any number of
/// workers: xoshiro256** (Blackman and Vigna, 2018), its state filled by SplitMix64.
///
/// A random choice is drawn from a generator made for it, `SeededGenerator(seed, epoch, sample)`, never from a shared one.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// A generator for the stream that these words name; the order of the words matters.
    public init(_ words: UInt64...) {
        var mixed: UInt64 = 0x9E37_79B9_7F4A_7C15 &* UInt64(words.count &+ 1)
        for word in words {
            mixed = Self.splitMix(mixed ^ word)
        }
        func next() -> UInt64 {
            mixed &+= 0x9E37_79B9_7F4A_7C15
            return Self.splitMix(mixed)
        }
        state = (next(), next(), next(), next())
    }

    private static func splitMix(_ x: UInt64) -> UInt64 {
        var z = x &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    public mutating func next() -> UInt64 {
        func rotl(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
        let result = rotl(state.1 &* 5, 7) &* 9
        let t = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= t
        state.3 = rotl(state.3, 45)
        return result
    }

    /// Uniform in [0, 1), with 53 random bits.
    public mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// Uniform between the bounds.
    public mutating func uniform(_ low: Double, _ high: Double) -> Double {
        low + (high - low) * uniform()
    }

    /// A whole number in `range`.
    public mutating func integer(in range: Range<Int>) -> Int {
        Int.random(in: range, using: &self)
    }

    /// True with probability `p`.
    public mutating func chance(_ p: Double) -> Bool {
        uniform() < p
    }

    /// Normal with mean 0 and deviation 1 (Box and Muller's first value).
    public mutating func normal() -> Double {
        (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
    }

    /// 0 ..< count in random order (Fisher and Yates).
    public mutating func permutation(_ count: Int) -> [Int] {
        Array(0..<count).shuffled(using: &self)
    }
}
