import NN
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
}
