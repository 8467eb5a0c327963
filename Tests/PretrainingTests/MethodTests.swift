import Data
import NN
import Pretraining
import Testing
import Torch

@Suite struct MethodTests {
    private func options() -> PretrainingOptions {
        var options = PretrainingOptions()
        options.depth = .r18
        options.width = 8
        options.hiddenSize = 32
        options.projectionSize = 16
        options.regions.grid = 2
        options.regions.hiddenSize = 32
        options.regions.projectionSize = 16
        return options
    }

    private func views(_ seed: UInt64) -> ViewPair {
        let generator = Generator(seed: seed)
        return ViewPair(
            .normal([4, 3, 64, 64], generator: generator), .normal([4, 3, 64, 64], generator: generator))
    }

    /// The first loss of each of some steps, and the backbone at the end.
    private func train(_ method: any PretrainingMethod, steps: Int) -> (losses: [Double], weights: [[Float]]) {
        let optimizer = SGD(method.parameters)
        var values: [Double] = []
        for i in 0..<steps {
            optimizer.zeroGrad()
            let losses = method.losses(views(UInt64(i % 2)))
            values.append(losses[0].value.item)
            losses.dropFirst().reduce(losses[0].value) { $0 + $1.value }.backward()
            optimizer.step(learningRate: 0.05)
            method.updateTargets(momentum: 0.9)
        }
        return (values, method.backbone.parameters.map { $0.tensor.floats })
    }

    @Test func withoutItsTermsEDIYIsBYOLBitForBit() {
        var plain = options()
        plain.regions.invariance = 0
        plain.regions.diversity = 0
        let byol = train(BYOL(plain, using: Generator(seed: 3)), steps: 4)
        let ediy = train(EDIY(plain, using: Generator(seed: 3)), steps: 4)
        #expect(byol.losses == ediy.losses)
        #expect(byol.weights == ediy.weights)
        let full = train(EDIY(options(), using: Generator(seed: 3)), steps: 4)
        #expect(full.weights != byol.weights)
    }

    @Test func theTargetFollowsAndGetsNoGradient() throws {
        let method = BYOL(options(), using: Generator(seed: 1))
        func tensor(_ name: String) throws -> Tensor { try #require(method.state.first { $0.name == name }).tensor }
        let online = try tensor("backbone.online.conv1.weight"), target = try tensor("backbone.target.conv1.weight")
        #expect(online.floats == target.floats && !online.sharesStorage(with: target))
        let before = target.floats
        method.losses(views(0))[0].value.backward()
        #expect(target.grad == nil && online.grad != nil)
        SGD(method.parameters).step(learningRate: 0.1)
        method.updateTargets(momentum: 0.75)
        for (now, (was, followed)) in zip(target.floats, zip(before, online.floats)) {
            #expect(abs(now - (0.75 * was + 0.25 * followed)) < 1e-6)
        }
        #expect(!method.parameters.contains { $0.name.contains("target") })
    }

    @Test func trainingLowersTheLoss() {
        let byol = train(BYOL(options(), using: Generator(seed: 2)), steps: 12).losses
        #expect(byol.suffix(2).reduce(0, +) < byol.prefix(2).reduce(0, +))
    }

    @Test func diversityTellsRegionsApart() {
        var pushed = options()
        pushed.regions.diversity = 3
        let method = EDIY(pushed, using: Generator(seed: 2))
        let optimizer = SGD(method.parameters)
        var diversity: [Double] = []
        for _ in 0..<12 {
            optimizer.zeroGrad()
            let losses = method.losses(views(0))
            diversity.append(losses[2].value.item)
            losses.dropFirst().reduce(losses[0].value) { $0 + $1.value }.backward()
            optimizer.step(learningRate: 0.05)
        }
        #expect(diversity[11] < diversity[0])
    }
}
