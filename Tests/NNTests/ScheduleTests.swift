import NN
import Testing

@Suite struct ScheduleTests {
    @Test func multiStepWarmsUpAndFalls() {
        let schedule = Schedule.multiStep(base: 0.02, milestones: [60_000, 80_000], warmup: 1000)
        #expect(abs(schedule.learningRate(at: 0) - 0.00002) < 1e-15)
        #expect(abs(schedule.learningRate(at: 500) - 0.02 * (0.001 * 0.5 + 0.5)) < 1e-15)
        #expect(schedule.learningRate(at: 1000) == 0.02)
        #expect(abs(schedule.learningRate(at: 60_000) - 0.002) < 1e-15)
        #expect(abs(schedule.learningRate(at: 89_999) - 0.0002) < 1e-15)
    }

    @Test func cosineEndsNearZero() {
        let schedule = Schedule.cosine(base: 2, iterations: 110, warmup: 10)
        #expect(schedule.learningRate(at: 0) == 0)
        #expect(schedule.learningRate(at: 5) == 1)
        #expect(schedule.learningRate(at: 10) == 2)
        #expect(abs(schedule.learningRate(at: 60) - 1) < 1e-12)
        #expect(schedule.learningRate(at: 110) < 1e-12)
    }
}
