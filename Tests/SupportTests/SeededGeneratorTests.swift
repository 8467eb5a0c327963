import Support
import Testing

@Suite struct SeededGeneratorTests {
    @Test func streamsDependOnEveryWordAndItsPlace() {
        var first = SeededGenerator(1, 2)
        var same = SeededGenerator(1, 2)
        var swapped = SeededGenerator(2, 1)
        let a = (0..<8).map { _ in first.next() }
        #expect(a == (0..<8).map { _ in same.next() })
        #expect(a != (0..<8).map { _ in swapped.next() })
    }

    @Test func normalHasItsMoments() {
        var generator = SeededGenerator(7)
        let values = (0..<100_000).map { _ in generator.normal() }
        let mean = values.reduce(0, +) / 100_000
        let variance = values.reduce(0) { $0 + $1 * $1 } / 100_000
        #expect(abs(mean) < 0.015)
        #expect(abs(variance - 1) < 0.02)
    }
}
