import Testing
import Torch

@Suite struct MemoryTests {
    @Test func keptMemoryIsEachTensorsOwn() {
        var kept: [(tensor: Tensor, value: Double)] = []
        for i in 0..<200 {
            // 1 MB to 13 MB, let go of in another order than made.
            let value = Double(i)
            kept.append((.full([(262_144 + 31_337 * (i * 37 % 100))], value), value))
            if kept.count > 12 { kept.remove(at: i * 7 % kept.count) }
            if i % 20 == 19 {
                for (tensor, value) in kept { #expect(tensor.min().item == value && tensor.max().item == value) }
            }
        }
    }
}
