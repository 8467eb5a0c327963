import Benchmarking
import Testing

@Suite struct StageMatrixTests {
    @Test func itShowsWhatIsDone() {
        let matrix = StageMatrix(methods: ["none", "byol", "e-diy"], seeds: [0, 10]) { $0 != "none" }
        #expect(matrix.stages.count == 10)
        let now = matrix.stages[3]
        #expect(matrix.line(at: now) == "e-diy, seed 0: pretraining (stage 4 of 10)")
        let done = matrix.stages.prefix(3)
        #expect(
            matrix.text(at: now) { done.contains($0) } == """
                         seed 0  seed 10
                  none        ✓        ·
                  byol      ✓ ✓      · ·
                  e-diy     ▸ ·      · ·
                  pretraining, fine-tuning: ✓ done, ▸ now, · to come
                """)
    }

    @Test func theTimeLeftIsThatOfStagesOfTheSameKind() {
        let matrix = StageMatrix(methods: ["none", "byol", "e-diy"], seeds: [0, 1]) { $0 != "none" }
        func left(_ count: Int) -> Double? {
            let done = matrix.stages.prefix(count)
            return matrix.secondsLeft(at: matrix.stages[count], isDone: done.contains) { stage in
                stage.kind == .pretrain ? (stage.method == "byol" ? 100 : 160) : 10
            }
        }
        // Nothing is known of pretraining yet.
        #expect(left(0) == nil && left(1) == nil)
        // BYOL's two: the best guess for E-DIY's too. 3 · 100 + 5 · 10 s.
        #expect(left(2) == 350.0)
        // In the second seed each method has its own. 100 + 160 + 2 · 10 s.
        #expect(left(6) == 280.0)
        #expect(left(9) == 10)
    }
}
