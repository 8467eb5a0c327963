import DataLoading
import NN
import Pretraining
import Testing
import Torch

@Suite struct MethodTests {
    private var options: PretrainingOptions {
        var options = PretrainingOptions()
        options.backbone = ResNetOptions(.r18, width: 8)
        return options
    }

    private func own() -> EDIYOptions {
        var own = EDIYOptions()
        own.byol.hiddenSize = 32
        own.byol.projectionSize = 16
        own.byol.targetMomentum = 0.9
        own.regions.grid = 2
        own.regions.hiddenSize = 32
        own.regions.projectionSize = 16
        return own
    }

    private func byol(_ own: EDIYOptions, seed: UInt64) -> BYOL { BYOL(own.byol, options, using: Generator(seed: seed)) }

    private func ediy(_ own: EDIYOptions, seed: UInt64) -> EDIY { EDIY(own, options, using: Generator(seed: seed)) }

    private func views(_ seed: UInt64) -> [Tensor] {
        let generator = Generator(seed: seed)
        return (0..<2).map { _ in .normal([4, 3, 64, 64], generator: generator) }
    }

    /// The first loss of each of some steps, and the backbone at the end.
    private func train(_ method: any PretrainingMethod, steps: Int) throws -> (losses: [Double], weights: [[Float]]) {
        let optimizer = SGD(method.parameters)
        var values: [Double] = []
        for i in 0..<steps {
            optimizer.zeroGrad()
            let losses = method.losses(views(UInt64(i % 2)))
            values.append(losses[0].value.item)
            try losses.dropFirst().reduce(losses[0].value) { $0 + $1.value }.backward()
            optimizer.step(learningRate: 0.05)
            method.afterStep(at: 0, of: 1)
        }
        return (values, method.backbone.parameters.map { $0.tensor.floats })
    }

    @Test func withoutItsTermsEDIYIsBYOLBitForBit() throws {
        var plain = own()
        plain.regions.invariance = 0
        plain.regions.diversity = 0
        let without = try train(byol(plain, seed: 3), steps: 4)
        let with = try train(ediy(plain, seed: 3), steps: 4)
        #expect(without.losses == with.losses)
        #expect(without.weights == with.weights)
        let full = try train(ediy(own(), seed: 3), steps: 4)
        #expect(full.weights != without.weights)
    }

    // MARK: - E-DIY's options

    /// The losses by name after a step, when target and online networks differ, with the options that `change` makes of the
    /// standard ones; the weights are the same in each call.
    private func losses(_ change: (inout RegionOptions) -> Void = { _ in }) throws -> [String: Double] {
        var changed = own()
        changed.regions.grid = 3
        let first = ediy(changed, seed: 4)
        change(&changed.regions)
        let method = ediy(changed, seed: 4)
        try first.losses(views(0)).dropFirst().reduce(first.losses(views(0))[0].value) { $0 + $1.value }.backward()
        SGD(first.parameters).step(learningRate: 0.3)
        withoutGrad { for (mine, theirs) in zip(method.state, first.state) { mine.tensor.copyInPlace(theirs.tensor) } }
        return Dictionary(method.losses(views(1)).map { ($0.name, $0.value.item) }) { $1 }
    }

    @Test func eachOptionChangesItsTermAlone() throws {
        let plain = try losses()
        func difference(_ change: (inout RegionOptions) -> Void) throws -> Set<String> {
            let other = try losses(change)
            return Set(plain.keys.filter { plain[$0] != other[$0] })
        }
        #expect(try difference { _ in } == [])
        #expect(try difference { $0.matching = .online } == ["loss_invariance"])
        #expect(try difference { $0.bestPairs = 4 } == ["loss_invariance"])
        #expect(try difference { $0.invariance = 2 } == ["loss_invariance"])
        #expect(try difference { $0.diversity = 0.3 } == ["loss_diversity"])
        #expect(try difference { $0.pushedRegions = 3 } == ["loss_diversity"])
        #expect(try difference { $0.margin = 0.2 } == ["loss_diversity"])
        #expect(try difference { $0.grid = 2 } == ["loss_invariance", "loss_diversity"])
        let doubled = try losses {
            $0.invariance *= 2
            $0.diversity *= 3
        }
        #expect(abs(try #require(doubled["loss_invariance"]) - 2 * (try #require(plain["loss_invariance"]))) < 1e-5)
        #expect(abs(try #require(doubled["loss_diversity"]) - 3 * (try #require(plain["loss_diversity"]))) < 1e-5)
    }

    @Test func theRegionHeadsHaveTheirOwnWidth() throws {
        var wide = own()
        wide.regions.hiddenSize = 24
        wide.regions.projectionSize = 12
        let method = ediy(wide, seed: 1)
        let shapes = method.state.filter { $0.name.hasPrefix("region_") && $0.role == .weight }.map(\.tensor.shape)
        #expect(shapes == [[24, 64], [12, 24], [24, 12], [12, 24]])
        // BYOL's own are as they were.
        let own = method.state.filter { $0.name.hasPrefix("p") && $0.role == .weight }.map(\.tensor.shape)
        #expect(own == [[32, 64], [16, 32], [32, 16], [16, 32]])
    }

    @Test func theBackbonePassIsBYOLsOwn() throws {
        // The running statistics count the passes.
        func passes(_ method: any PretrainingMethod) throws -> [Double] {
            _ = method.losses(views(0))
            return try ["online", "target"].map { name in
                let entry = method.state.first { $0.name == "backbone.\(name).bn1.num_batches_tracked" }
                return try #require(entry).tensor.item
            }
        }
        #expect(try passes(ediy(own(), seed: 1)) == passes(byol(own(), seed: 1)))
    }

    @Test func viewsTogetherShareTheirStatistics() throws {
        var together = own()
        together.byol.viewsTogether = true
        let pair = views(0), same = [pair[0], pair[0]]
        func values(_ own: EDIYOptions, _ pair: [Tensor]) -> [Double] { ediy(own, seed: 1).losses(pair).map(\.value.item) }
        // A view's statistics are those of both, where both are the same.
        for (a, b) in zip(values(own(), same), values(together, same)) { #expect(abs(a - b) < 1e-4) }
        for (a, b) in zip(values(own(), pair), values(together, pair)) { #expect(abs(a - b) > 1e-4) }
        let method = byol(together, seed: 1)
        _ = method.losses(pair)
        for network in ["backbone.online", "backbone.target"] {
            let passes = try #require(method.state.first { $0.name == "\(network).bn1.num_batches_tracked" })
            #expect(passes.tensor.item == 1)
        }
    }

    /// Slopes of each of E-DIY's three losses along random directions of all weights, in doubles, against the gradients.
    @Test(arguments: [0, 1, 2])
    func gradientsOfTheWholeMethodByDifferences(_ index: Int) throws {
        let method = ediy(own(), seed: 3)
        withoutGrad {
            for entry in method.state where entry.tensor.dtype == .float32 {
                entry.tensor.replaceStorage(entry.tensor.to(.float64))
            }
        }
        let pair = views(0).map { $0.to(.float64) }
        try method.losses(pair)[index].value.backward()
        for seed in 0..<2 {
            let directions = method.parameters.map { entry in
                Tensor.normal(entry.tensor.shape, generator: Generator(seed: UInt64(seed))).to(.float64)
            }
            let expected = zip(method.parameters, directions).reduce(0.0) { sum, pair in
                sum + (pair.0.tensor.grad.map { ($0 * pair.1).sum().item } ?? 0)
            }
            func loss(_ step: Double) -> Double {
                withoutGrad {
                    for (entry, direction) in zip(method.parameters, directions) { entry.tensor.addInPlace(direction, scale: step) }
                    let value = method.losses(pair)[index].value.item
                    for (entry, direction) in zip(method.parameters, directions) { entry.tensor.addInPlace(direction, scale: -step) }
                    return value
                }
            }
            let slope = (loss(1e-7) - loss(-1e-7)) / 2e-7
            #expect(abs(slope - expected) < 1e-4 * max(abs(expected), 1), "\(slope), \(expected)")
        }
    }

    @Test func theTargetFollowsAndGetsNoGradient() throws {
        var slow = own()
        slow.byol.targetMomentum = 0.75
        let method = byol(slow, seed: 1)
        func tensor(_ name: String) throws -> Tensor { try #require(method.state.first { $0.name == name }).tensor }
        let online = try tensor("backbone.online.conv1.weight"), target = try tensor("backbone.target.conv1.weight")
        #expect(online.floats == target.floats && !online.sharesStorage(with: target))
        let before = target.floats
        try method.losses(views(0))[0].value.backward()
        #expect(target.grad == nil && online.grad != nil)
        SGD(method.parameters).step(learningRate: 0.1)
        method.afterStep(at: 0, of: 1)
        for (now, (was, followed)) in zip(target.floats, zip(before, online.floats)) {
            #expect(abs(now - (0.75 * was + 0.25 * followed)) < 1e-6)
        }
        #expect(!method.parameters.contains { $0.name.contains("target") })
    }

    @Test func trainingLowersTheLoss() throws {
        let losses = try train(byol(own(), seed: 2), steps: 12).losses
        #expect(losses.suffix(2).reduce(0, +) < losses.prefix(2).reduce(0, +))
    }

    @Test func diversityTellsRegionsApart() throws {
        var pushed = own()
        pushed.regions.diversity = 3
        let method = ediy(pushed, seed: 2)
        let optimizer = SGD(method.parameters)
        var diversity: [Double] = []
        for _ in 0..<12 {
            optimizer.zeroGrad()
            let losses = method.losses(views(0))
            diversity.append(losses[2].value.item)
            try losses.dropFirst().reduce(losses[0].value) { $0 + $1.value }.backward()
            optimizer.step(learningRate: 0.05)
        }
        #expect(diversity[11] < diversity[0])
    }
}
