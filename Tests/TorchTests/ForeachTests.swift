import Testing
import Torch

/// Operators over lists against those of single tensors, to the bit.
@Suite struct ForeachTests {
    private static let shapes = [[3], [64, 3, 7, 7], [1], [17, 5], []]

    private func some(_ seed: UInt64) -> [Tensor] {
        Self.shapes.enumerated().map { Tensor.normal($1, mean: 0.1, deviation: 2, generator: Generator(seed: seed + UInt64($0))) }
    }

    /// What is left in the lists by one way and by the other.
    private func compare(_ together: ([Tensor], [Tensor]) -> Void, _ single: (Tensor, Tensor) -> Void) {
        let (a, b) = (some(1), some(1)), others = some(50)
        together(a, others)
        for (tensor, other) in zip(b, others) { single(tensor, other) }
        #expect(a.map(\.floats) == b.map(\.floats))
        #expect(a.map(\.floats) != some(1).map(\.floats))
    }

    @Test func theyGiveWhatSingleOnesGive() {
        compare({ a, _ in Tensor.multiplyInPlace(a, by: 0.9) }, { a, _ in a.multiplyInPlace(0.9) })
        compare({ a, b in Tensor.multiplyInPlace(a, by: b) }, { a, b in a.copyInPlace(a * b) })
        compare({ a, b in Tensor.addInPlace(a, b) }, { a, b in a.addInPlace(b) })
        compare({ a, b in Tensor.addInPlace(a, b, scale: -0.03) }, { a, b in a.addInPlace(b, scale: -0.03) })
        for weight in [0.004, 0.7] {
            compare({ a, b in Tensor.moveInPlace(a, towards: b, by: weight) }, { a, b in a.moveInPlace(towards: b, by: weight) })
        }
        #expect(Tensor.norms(some(1)).map(\.floats) == some(1).map { $0.norm().floats })
        #expect(Tensor.norms(some(1)).allSatisfy { $0.shape.isEmpty })
    }

    @Test func ofNoTensorsTheyDoNothing() {
        Tensor.multiplyInPlace([], by: 2)
        Tensor.multiplyInPlace([], by: [])
        Tensor.addInPlace([], [])
        Tensor.moveInPlace([], towards: [], by: 0.1)
        #expect(Tensor.norms([]).isEmpty)
    }
}
