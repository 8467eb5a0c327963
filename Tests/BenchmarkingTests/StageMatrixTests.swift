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
}
