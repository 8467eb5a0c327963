import NN
import TestSupport
import Testing
import Torch

@Suite struct OptimizerTests {
    private func parameters() -> [StateEntry] {
        [
            StateEntry("weight", sines(0, [4, 6], 1).requiringGrad(), .weight),
            StateEntry("bias", sines(1, [4], 1).requiringGrad(), .bias),
        ]
    }

    private func tenSteps(_ optimizer: some Optimizer) {
        for i in 0..<10 {
            optimizer.parameters[0].tensor.grad = sines(10 + i, [4, 6], 0.3)
            optimizer.parameters[1].tensor.grad = sines(30 + i, [4], 0.3)
            optimizer.step(learningRate: 0.1 + 0.05 * Double(i))
        }
    }

    @Test func sgdIsPyTorchs() throws {
        let golden = try SafeTensors.read(fixture("optimizers.safetensors"))
        let optimizer = SGD(parameters(), momentum: 0.9, weightDecay: 1e-2)
        tenSteps(optimizer)
        #expect(relativeError(optimizer.parameters[0].tensor, try #require(golden["sgd_weight"])) < 1e-5)
        #expect(relativeError(optimizer.parameters[1].tensor, try #require(golden["sgd_bias"])) < 1e-5)
    }

    @Test func normalisationsDecayByTheirOwn() {
        func moved(_ role: StateEntry.Role, _ normDecay: Double?) -> Float {
            let entry = StateEntry("scale", Tensor([2] as [Float]).requiringGrad(), role)
            entry.tensor.grad = Tensor([0] as [Float])
            SGD([entry], weightDecay: 0.5, normDecay: normDecay).step(learningRate: 0.1)
            return entry.tensor.floats[0]
        }
        #expect(moved(.norm, 0) == 2 && moved(.norm, nil) == 1.9 && moved(.weight, 0) == 1.9 && moved(.bias, 0) == 1.9)
    }

    @Test func larsIsThePapers() throws {
        let golden = try SafeTensors.read(fixture("optimizers.safetensors"))
        let optimizer = LARS(parameters(), weightDecay: 1e-2)
        tenSteps(optimizer)
        #expect(relativeError(optimizer.parameters[0].tensor, try #require(golden["lars_weight"])) < 1e-5)
        #expect(relativeError(optimizer.parameters[1].tensor, try #require(golden["lars_bias"])) < 1e-5)
    }

    @Test func aWeightOfZerosStillMoves() {
        let weight = StateEntry("weight", Tensor.zeros([2, 2]).requiringGrad(), .weight)
        let optimizer = LARS([weight])
        weight.tensor.grad = Tensor.ones([2, 2])
        optimizer.step(learningRate: 1)
        #expect(weight.tensor.floats == [-1, -1, -1, -1])
    }

    @Test func momentumIsRestorable() throws {
        let a = SGD(parameters()), b = SGD(parameters())
        tenSteps(a)
        try StateDict(a.state).restore(b.state)
        #expect(b.state[0].tensor.floats == a.state[0].tensor.floats)
        a.zeroGrad()
        #expect(a.parameters[0].tensor.grad == nil)
    }

    @Test func gradientsAreClipped() throws {
        // Gradients of lengths 5 and 12: 13 together.
        func clipped(_ clip: GradientClip) throws -> [[Float]] {
            let entries = [[3, 4], [0, -12]].enumerated().map { i, values -> StateEntry in
                let tensor = Tensor.zeros([2]).requiringGrad()
                tensor.grad = Tensor(values.map(Float.init))
                return StateEntry("p\(i)", tensor, .weight)
            }
            clip.apply(to: entries + [StateEntry("without", Tensor.zeros([3]).requiringGrad(), .weight)])
            return try entries.map { try #require($0.tensor.grad).floats }
        }
        func near(_ found: [[Float]], _ expected: [[Float]]) -> Bool {
            zip(found.joined(), expected.joined()).allSatisfy { abs($0 - $1) < 1e-5 }
        }
        #expect(try clipped(.value(3.5)) == [[3, 3.5], [0, -3.5]])
        #expect(near(try clipped(.norm(6)), [[3, 4], [0, -6]]))
        #expect(near(try clipped(.fullModel(6.5)), [[1.5, 2], [0, -6]]))
        #expect(near(try clipped(.fullModel(20)), [[3, 4], [0, -12]]))
    }

    @Test func aClippedOptimizerStepsByClippedGradients() {
        let (plain, clipped) = (parameters(), parameters())
        let a = SGD(plain), b = ClippedOptimizer(SGD(clipped), .value(0.1))
        for (p, q) in zip(plain, clipped) {
            p.tensor.grad = sines(5, p.tensor.shape, 0.3).clamped(min: -0.1, max: 0.1)
            q.tensor.grad = sines(5, p.tensor.shape, 0.3)
        }
        a.step(learningRate: 0.1)
        b.step(learningRate: 0.1)
        #expect(zip(plain, clipped).allSatisfy { $0.tensor.floats == $1.tensor.floats })
        #expect(b.state.map(\.name) == a.state.map(\.name))
    }
}
