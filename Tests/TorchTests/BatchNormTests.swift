import Foundation
import Testing
import Torch

/// Batch normalisation with what follows it, against libtorch's in float64, which it is composed of there.
@Suite struct BatchNormTests {
    private static let momentum = 0.1
    private static let epsilon = 1e-5

    struct Case: CustomTestStringConvertible, Sendable {
        let shape: [Int]
        let training, residual, relu: Bool
        let dtype: DType

        var testDescription: String {
            "\(dtype)\(shape)\(training ? " training" : "")\(residual ? " residual" : "")\(relu ? " relu" : "")"
        }

        static let all: [Case] = [DType.float32, .bfloat16].flatMap { dtype in
            [[2, 19, 5, 7], [3, 64, 33, 31], [1, 1, 2, 3], [4, 8, 1, 1], [129, 24]].flatMap { shape in
                (0..<8).map { Case(shape: shape, training: $0 & 1 > 0, residual: $0 & 2 > 0, relu: $0 & 4 > 0, dtype: dtype) }
            }
        }
    }

    /// Output, running statistics, and the gradients of x, residual, weight and bias of (y · probe).sum().
    private func normalized(_ c: Case, in dtype: DType, _ statistics: DType) throws -> [Tensor] {
        let channels = c.shape[1]
        func input(_ seed: UInt64, mean: Double, deviation: Double) -> Tensor {
            normal(c.shape, seed, mean: mean, deviation: deviation).to(c.dtype).to(dtype).requiringGrad()
        }
        let x = input(1, mean: 3, deviation: 2), residual = input(2, mean: 0, deviation: 1)
        let weight = normal([channels], 3, mean: 1, deviation: 0.3).to(statistics).requiringGrad()
        let bias = normal([channels], 4, deviation: 0.5).to(statistics).requiringGrad()
        let mean = normal([channels], 5, mean: 3).to(statistics)
        let variance = (normal([channels], 6) * normal([channels], 6) + 1).to(statistics)
        let y = x.batchNormalized(
            weight: weight, bias: bias, runningMean: mean, runningVariance: variance, training: c.training,
            momentum: Self.momentum, epsilon: Self.epsilon, adding: c.residual ? residual : nil, activated: c.relu)
        #expect(y.dtype == dtype && y.shape == c.shape)
        try (y * normal(c.shape, 7).to(c.dtype).to(dtype)).sum().backward()
        return [y, mean, variance] + [x, residual, weight, bias].compactMap { $0.grad }
    }

    @Test(arguments: Case.all, VectorLevel.all) func batchNormIsTheComposition(_ c: Case, _ level: VectorLevel) throws {
        let found = try expecting([.batchNorm: 2]) {
            try withVectorLevel(level) { try normalized(c, in: c.dtype, .float32) }
        }
        let expected = try expecting([:]) { try normalized(c, in: .float64, .float64) }
        #expect(found.count == expected.count)
        let tolerance = c.dtype == .bfloat16 ? 2e-2 : 2e-5
        for (i, (a, b)) in zip(found, expected).enumerated() {
            let off = (a.to(.float64) - b).abs().max().item
            // A mean of few values is nearly their own value, and differences of near numbers are all rounding.
            #expect(off <= tolerance * Swift.max(b.abs().max().item, 1), "result \(i)")
        }
    }

    @Test(arguments: [false, true]) func batchNormsGradientIsTheSlope(_ residual: Bool) throws {
        let shape = [2, 3, 4, 4]
        func loss(_ x: Tensor, _ w: Tensor, _ b: Tensor) -> Tensor {
            let y = x.batchNormalized(
                weight: w, bias: b, runningMean: .zeros([3]), runningVariance: .ones([3]), training: true, momentum: 0.1,
                epsilon: 1e-5, adding: residual ? normal(shape, 2) : nil, activated: true)
            return (y * y * normal(shape, 9)).sum()
        }
        let inputs = [normal(shape, 1), normal([3], 3, mean: 1, deviation: 0.1), normal([3], 4)]
        let leaves = inputs.map { $0.cloned().requiringGrad() }
        try loss(leaves[0], leaves[1], leaves[2]).backward()
        for (i, input) in inputs.enumerated() {
            let direction = normal(input.shape, UInt64(20 + i))
            func along(_ h: Double) -> Double {
                var moved = inputs
                moved[i] = input + direction * h
                return loss(moved[0], moved[1], moved[2]).item
            }
            let slope = (along(1e-3) - along(-1e-3)) / 2e-3
            let expected = try (#require(leaves[i].grad) * direction).sum().item
            #expect(abs(slope - expected) < 2e-2 * Swift.max(1, abs(expected)), "input \(i)")
        }
    }

    @Test func batchNormOfOtherMemoryIsTheSame() {
        let c = 6
        func apply(_ x: Tensor) -> [Float] {
            x.batchNormalized(
                weight: .full([c], 2), bias: .ones([c]), runningMean: .zeros([c]), runningVariance: .ones([c]), training: true,
                momentum: 0.1, epsilon: 1e-5, activated: true
            ).floats
        }
        let x = normal([2, c, 8, 8], 1)
        let expected = apply(x)
        func same(_ found: [Float], _ all: [Float]) -> Bool { zip(found, all).allSatisfy { abs($0 - $1) < 1e-4 } }
        #expect(same(apply(x.contiguous()), expected))
        let part = x.narrowed(2, 1..<7)
        #expect(same(apply(part), apply(part.contiguous(.channelsLast))))
        #expect(withoutGrad { apply(x) } == expected)
        let empty = Tensor.zeros([0, c, 8, 8]).contiguous(.channelsLast)
        #expect(apply(empty).isEmpty)
    }

    @Test func theResidualsGradientArrivesWithoutReLU() throws {
        let c = Case(shape: [2, 4, 3, 3], training: true, residual: true, relu: false, dtype: .float32)
        let grads = try normalized(c, in: .float32, .float32)
        #expect(grads[4].floats == normal(c.shape, 7).floats)
    }

    @Test func sumsAreTheSameEachTime() throws {
        let c = Case(shape: [4, 64, 28, 28], training: true, residual: true, relu: true, dtype: .float32)
        let runs = try (0..<3).map { _ in try normalized(c, in: .float32, .float32).map(\.floats) }
        #expect(runs[0] == runs[1] && runs[1] == runs[2])
    }
}
