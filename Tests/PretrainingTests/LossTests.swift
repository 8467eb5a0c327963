import Foundation
import Pretraining
import Support
import Testing
import Torch

@Suite struct LossTests {
    /// One image with four regions of two dimensions.
    private func regions(_ angles: [Double]) -> Tensor {
        Tensor(angles.flatMap { [cos($0 * .pi / 180), sin($0 * .pi / 180)] }, [1, angles.count, 2])
    }

    @Test func byolByHand() {
        // cos 0° and cos 90°: 2 − 2 · (1 + 0) / 2.
        let p = Tensor([3, 0, 0, 2] as [Double], [2, 2]), z = Tensor([1, 0, 5, 0] as [Double], [2, 2])
        #expect(abs(byolLoss(prediction: p, target: z).item - 1) < 1e-12)
    }

    @Test func diversityByHand() {
        // The least similar of 0°, 30°, 90°, 180°: 180° (−1), 180° (cos 150°), 0° and 180° (0), 0° (−1).
        let z = regions([0, 30, 90, 180])
        let expected = (-1 + cos(150 * Double.pi / 180) + 0 - 1) / 4 + 1
        #expect(abs(diversityLoss(z, pushed: 1, margin: -1).item - expected) < 1e-12)
        // With a margin of −0.5 only 90° is nearer than that to its least similar one.
        #expect(abs(diversityLoss(z, pushed: 1, margin: -0.5).item - 0.5 / 4) < 1e-12)
        // Two pushed: 0° from 180° and 90°, 30° from 180° and 90°, 90° from 0° and 180°, 180° from 0° and 30°.
        let second = (-1 + 0 + cos(150 * Double.pi / 180) + cos(60 * Double.pi / 180) + 0 + 0 - 1 + cos(150 * Double.pi / 180)) / 8
        #expect(abs(diversityLoss(z, pushed: 2, margin: -1).item - (second + 1)) < 1e-12)
    }

    @Test func invarianceByHand() {
        let view = regions([0, 90, 180, 270]), other = regions([10, 100, 200, 300])
        let pairs = mostSimilarRegions(view, other, bestPairs: nil)
        #expect(pairs.other.ints == [0, 1, 2, 3])
        let cosines = [10, 10, 20, 30].map { cos(Double($0) * .pi / 180) }
        let expected = 2 - 2 * cosines.reduce(0, +) / 4
        #expect(abs(invarianceLoss(predictions: view, targets: other, pairs: pairs).item - expected) < 1e-12)
        let best = mostSimilarRegions(view, other, bestPairs: 3)
        #expect(Set(zip(best.own.ints, best.other.ints).map { [$0, $1] }) == [[0, 0], [1, 1], [2, 2]])
        let three = 2 - 2 * cosines.prefix(3).reduce(0, +) / 3
        #expect(abs(invarianceLoss(predictions: view, targets: other, pairs: best).item - three) < 1e-12)
    }

    /// The slope of a loss along each of some inputs, against its gradient.
    private func checkGradient(_ shape: [Int], _ loss: (Tensor) -> Tensor) throws {
        let x = Tensor.normal(shape, generator: Generator(seed: 5)).to(.float64).requiringGrad()
        try loss(x).backward()
        let gradient: [Double] = x.grad?.array() ?? []
        let values: [Double] = x.detached().array()
        for i in values.indices {
            var (up, down) = (values, values)
            up[i] += 1e-6
            down[i] -= 1e-6
            let slope = (loss(Tensor(up, shape)).item - loss(Tensor(down, shape)).item) / 2e-6
            #expect(abs(slope - gradient[i]) < 1e-7)
        }
    }

    @Test func gradientsByDifferences() throws {
        let fixed = Tensor.normal([2, 4, 3], generator: Generator(seed: 6)).to(.float64).unitLength()
        try checkGradient([6, 3]) { byolLoss(prediction: $0, target: fixed.reshaped([-1, 3]).narrowed(0, 0..<6)) }
        try checkGradient([2, 4, 3]) { diversityLoss($0.unitLength(), pushed: 1, margin: -1) }
        try checkGradient([2, 4, 3]) { diversityLoss($0.unitLength(), pushed: 2, margin: -0.3) }
        let pairs = mostSimilarRegions(fixed, fixed.flipped([1]), bestPairs: nil)
        try checkGradient([2, 4, 3]) { invarianceLoss(predictions: $0.unitLength(), targets: fixed, pairs: pairs) }
    }

    @Test func targetsGetNoGradient() throws {
        let target = Tensor.ones([2, 4, 3]).requiringGrad(), prediction = Tensor.ones([2, 4, 3]).requiringGrad()
        let pairs = mostSimilarRegions(target, target, bestPairs: nil)
        try
            (byolLoss(prediction: prediction, target: target)
            + invarianceLoss(predictions: prediction, targets: target, pairs: pairs)).backward()
        #expect(target.grad == nil && prediction.grad != nil)
    }

    /// Any permutation of either view's regions, with every option.
    @Test(arguments: [nil, 1, 4, 81], [(1, -1.0), (3, -0.2), (9, 0.1)])
    func noPermutationOfRegionsChangesALoss(_ bestPairs: Int?, _ diversity: (pushed: Int, margin: Double)) {
        let a = Tensor.normal([2, 9, 8], generator: Generator(seed: 1)).to(.float64).unitLength()
        let b = Tensor.normal([2, 9, 8], generator: Generator(seed: 2)).to(.float64).unitLength()
        let p = Tensor.normal([2, 9, 8], generator: Generator(seed: 3)).to(.float64).unitLength()
        func losses(_ a: Tensor, _ p: Tensor, _ b: Tensor) -> [Double] {
            let pairs = mostSimilarRegions(a, b, bestPairs: bestPairs)
            return [
                invarianceLoss(predictions: p, targets: b, pairs: pairs).item,
                diversityLoss(a, pushed: diversity.pushed, margin: diversity.margin).item,
            ]
        }
        let plain = losses(a, p, b)
        var generator = SeededGenerator(6)
        for _ in 0..<8 {
            let (mine, theirs) = (Tensor(generator.permutation(9)), Tensor(generator.permutation(9)))
            let mixed = losses(a.indexSelected(1, mine), p.indexSelected(1, mine), b.indexSelected(1, theirs))
            for (x, y) in zip(plain, mixed) { #expect(abs(x - y) < 1e-12) }
        }
    }

    @Test func theOrderOfRegionsDoesNotMatter() {
        let a = Tensor.normal([2, 9, 8], generator: Generator(seed: 1)).to(.float64).unitLength()
        let b = Tensor.normal([2, 9, 8], generator: Generator(seed: 2)).to(.float64).unitLength()
        let order = Tensor([4, 0, 8, 1, 7, 2, 6, 3, 5])
        func total(_ a: Tensor, _ b: Tensor) -> Double {
            let pairs = mostSimilarRegions(a, b, bestPairs: nil)
            return invarianceLoss(predictions: a, targets: b, pairs: pairs).item
                + diversityLoss(a, pushed: 2, margin: -1).item
        }
        let mixed = a.indexSelected(1, order)
        #expect(abs(total(a, b) - total(mixed, b)) < 1e-12)
        #expect(abs(total(a, b) - total(a, b.indexSelected(1, order))) < 1e-12)
    }

    @Test func targetMomentumRises() {
        #expect(abs(targetMomentum(base: 0.99, iteration: 0, of: 100) - 0.99) < 1e-12)
        #expect(abs(targetMomentum(base: 0.99, iteration: 50, of: 100) - 0.995) < 1e-12)
        #expect(abs(targetMomentum(base: 0.99, iteration: 100, of: 100) - 1) < 1e-12)
    }
}
