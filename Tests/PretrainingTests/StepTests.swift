import Support
import TestSupport
import Testing
import Torch

/// Whole steps of both methods against PyTorch's numbers: Fixtures/make_steps.py.
@Suite struct StepTests {
    private let golden: JSON
    private let scratch: Scratch

    init() throws {
        golden = try JSON.read(fixture("steps.json"))
        scratch = try Scratch()
    }

    /// Each option of E-DIY, and both of BYOL's passes: the losses, and what each learned tensor gets of them.
    @Test(arguments: [
        "byol", "byol-views-together", "e-diy", "e-diy-views-together", "matching-online", "best-pairs-4", "best-pairs-4-online",
        "pushed-3", "margin", "margin-pushed-3", "grid-2", "weights",
    ])
    func lossesAndGradients(_ name: String) throws {
        let expected = try #require(golden["losses"]?[name])
        let training = try GivenTraining(#require(expected["case"]))
        try expect(training.differentiateFirstBatch(), expected["losses"], tolerance: 1e-12)
        try expect(training.gradients, expected["gradients"], tolerance: 1e-9)
    }

    /// The same in the numbers that are trained with.
    @Test(arguments: ["byol", "e-diy", "best-pairs-4-online", "margin-pushed-3"])
    func lossesAndGradientsInFloats(_ name: String) throws {
        let expected = try #require(golden["losses"]?[name])
        let training = try GivenTraining(#require(expected["case"]), .float32)
        try expect(training.differentiateFirstBatch(), expected["losses"], tolerance: 1e-5)
        try expect(training.gradients, expected["gradients"], tolerance: 1e-3)
    }

    /// Six steps, two of warm-up and four of the cosine: the log, and every tensor at the end, targets, running statistics and
    /// momenta with them. Each step makes the last one's rounding larger.
    @Test(arguments: ["byol-lars", "byol-sgd-accumulated", "e-diy-lars-accumulated", "e-diy-sgd-together"])
    func trainings(_ name: String) throws {
        let expected = try #require(golden["trainings"]?[name])
        let training = try GivenTraining(#require(expected["case"]))
        let log = try training.train(in: "\(scratch.path)/\(name)")
        let steps = try #require(expected["steps"]?.array)
        #expect(log.count == steps.count)
        for (i, (line, step)) in zip(log, steps).enumerated() {
            let losses = try #require(step["losses"]?.object)
            let wanted = losses + [(key: "lr", value: try #require(step["lr"])), (key: "tau", value: try #require(step["tau"]))]
            for (key, value) in wanted {
                let (found, right) = (try #require(line[key]?.double), try #require(value.double))
                #expect(abs(found - right) <= 1e-7 * max(abs(right), 1), "\(key) of step \(i): \(found), not \(right)")
            }
        }
        let state = try #require(expected["state"]?.object), momenta = try #require(expected["momenta"]?.object)
        let all = state + momenta.map { (key: "momentum.\($0.key)", value: $0.value) }
        try expect(training.state, .object(all), tolerance: 1e-6)
    }

    private func expect(_ found: [String: Double], _ expected: JSON?, tolerance: Double) throws {
        let expected = try #require(expected?.object)
        #expect(Set(found.keys) == Set(expected.map(\.key)))
        for (name, value) in expected {
            let (mine, right) = (try #require(found[name]), try #require(value.double))
            #expect(abs(mine - right) <= tolerance * max(abs(right), 1), "\(name): \(mine), not \(right)")
        }
    }

    private func expect(_ found: [String: Tensor], _ expected: JSON?, tolerance: Double) throws {
        let expected = try #require(expected?.object)
        #expect(Set(found.keys) == Set(expected.map(\.key)))
        for (name, numbers) in expected {
            let digest = try Digest(#require(found[name]))
            #expect(digest.isNear(numbers.doubles, tolerance: tolerance), "\(name): \(digest), not \(numbers.doubles)")
        }
    }
}
