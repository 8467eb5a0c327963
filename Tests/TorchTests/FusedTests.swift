import Foundation
import Testing
import Torch

/// Our own operators against libtorch's in float64, which they are composed of there.
@Suite struct FusedTests {
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

    private func normal(_ shape: [Int], _ seed: UInt64, mean: Double = 0, deviation: Double = 1) -> Tensor {
        let x = Tensor.normal(shape, mean: mean, deviation: deviation, generator: Generator(seed: seed))
        return shape.count == 4 ? x.contiguous(.channelsLast) : x
    }

    /// Output, running statistics, and the gradients of x, residual, weight and bias of (y · probe).sum().
    private func normalized(_ c: Case, in dtype: DType, _ statistics: DType) -> [Tensor] {
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
        (y * normal(c.shape, 7).to(c.dtype).to(dtype)).sum().backward()
        return [y, mean, variance] + [x, residual, weight, bias].compactMap { $0.grad }
    }

    @Test(arguments: Case.all) func batchNormIsTheComposition(_ c: Case) {
        let found = normalized(c, in: c.dtype, .float32), expected = normalized(c, in: .float64, .float64)
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
        loss(leaves[0], leaves[1], leaves[2]).backward()
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
        let grads = normalized(c, in: .float32, .float32)
        #expect(grads[4].floats == normal(c.shape, 7).floats)
    }

    @Test func sumsAreTheSameEachTime() {
        let c = Case(shape: [4, 64, 28, 28], training: true, residual: true, relu: true, dtype: .float32)
        let runs = (0..<3).map { _ in normalized(c, in: .float32, .float32).map(\.floats) }
        #expect(runs[0] == runs[1] && runs[1] == runs[2])
    }

    @Test(arguments: [1, 2, 3]) func aPointwiseConvolutionIsOne(_ stride: Int) throws {
        func apply(_ dtype: DType, bias: Bool) throws -> [Tensor] {
            let x = normal([3, 20, 9, 7], 1).to(dtype).requiringGrad()
            let weight = normal([33, 20, 1, 1], 2).to(dtype).requiringGrad()
            let shift = normal([33], 3).to(dtype).requiringGrad()
            let y = x.convolvedPointwise(weight, bias: bias ? shift : nil, stride: stride)
            #expect(y.isContiguous(.channelsLast))
            (y * normal(y.shape, 4).to(dtype)).sum().backward()
            return try [y, #require(x.grad), #require(weight.grad)] + (bias ? [#require(shift.grad)] : [])
        }
        for bias in [false, true] {
            for (a, b) in zip(try apply(.float32, bias: bias), try apply(.float64, bias: bias)) {
                #expect(a.shape == b.shape && (a.to(.float64) - b).abs().max().item < 1e-4)
            }
        }
    }

    @Test(arguments: [[3, 32, 9, 7], [1, 40, 34, 50], [2, 64, 1, 1], [1, 32, 2, 3]])
    func aConvolutionThatKeepsTheSizeIsOne(_ shape: [Int]) throws {
        func apply(_ dtype: DType, bias: Bool) throws -> [Tensor] {
            let x = normal(shape, 1).to(dtype).requiringGrad()
            let weight = normal([48, shape[1], 3, 3], 2).to(dtype).requiringGrad()
            let shift = normal([48], 3).to(dtype).requiringGrad()
            let y = x.convolvedKeepingSize(weight, bias: bias ? shift : nil)
            #expect(y.isContiguous(.channelsLast))
            (y * normal(y.shape, 4).to(dtype)).sum().backward()
            return try [y, #require(x.grad), #require(weight.grad)] + (bias ? [#require(shift.grad)] : [])
        }
        for bias in [false, true] {
            // In float64 it is libtorch's.
            for (a, b) in zip(try apply(.float32, bias: bias), try apply(.float64, bias: bias)) {
                #expect(a.shape == b.shape && (a.to(.float64) - b).abs().max().item < 3e-6 * max(b.abs().max().item, 1))
            }
        }
    }

    /// Shapes of few and of many tiles, whose sides end within one; 1×1 beside 3×3, as autocast has both.
    @Test(arguments: [[3, 32, 9, 7], [2, 64, 33, 30], [33, 32, 7, 7], [1, 40, 34, 50], [2, 64, 1, 1]], [1, 3])
    func aConvolutionByAutocastIsOneOfRoundedNumbers(_ shape: [Int], _ kernel: Int) throws {
        func rounded(_ x: Tensor) -> Tensor { x.to(.bfloat16).to(.float32) }
        let pixels = rounded(normal(shape, 1)), kernels = normal([96, shape[1], kernel, kernel], 2)
        let offsets = rounded(normal([96], 3)), probe = rounded(normal([shape[0], 96, shape[2], shape[3]], 4))
        func apply(_ dtype: DType) throws -> [Tensor] {
            let x = pixels.to(dtype).cloned().requiringGrad(), bias = offsets.to(dtype).cloned().requiringGrad()
            let weight = (dtype == .float32 ? kernels : rounded(kernels)).to(dtype).cloned().requiringGrad()
            func convolved() -> Tensor {
                kernel == 1 ? x.convolvedPointwise(weight, bias: bias) : x.convolvedKeepingSize(weight, bias: bias)
            }
            let y = dtype == .float32 ? withAutocast(.bfloat16) { convolved() } : convolved()
            #expect(y.dtype == (dtype == .float32 ? .bfloat16 : dtype) && y.isContiguous(.channelsLast))
            (y.to(dtype) * probe.to(dtype)).sum().backward()
            return try [y, #require(x.grad), #require(weight.grad), #require(bias.grad)]
        }
        // In float64 it is libtorch's.
        for (a, b) in zip(try apply(.float32), try apply(.float64)) {
            #expect(a.shape == b.shape && (a.to(.float64) - b).abs().max().item < 4e-3 * max(b.abs().max().item, 1))
        }
    }

    @Test(arguments: [DType.float32, .bfloat16]) func aConvolutionDoesNotDependOnThreads(_ dtype: DType) throws {
        func apply(threads: Int) throws -> [[Float]] {
            let before = LibTorch.threadCount
            LibTorch.setThreadCount(threads)
            defer { LibTorch.setThreadCount(before) }
            let x = normal([2, 64, 31, 45], 1).requiringGrad(), weight = normal([160, 64, 3, 3], 2).requiringGrad()
            let y = dtype == .float32 ? x.convolvedKeepingSize(weight) : withAutocast(dtype) { x.convolvedKeepingSize(weight) }
            #expect(y.dtype == dtype)
            (y.to(.float32) * normal(y.shape, 4)).sum().backward()
            return try [y.to(.float32).floats, #require(x.grad).floats, #require(weight.grad).floats]
        }
        let alone = try apply(threads: 1)
        for threads in [2, 3, 5, 19] { #expect(try apply(threads: threads) == alone) }
    }

    @Test(arguments: [[5, 48], [2, 3, 48], [48], [784, 48]]) func aProductOfRowsIsOne(_ shape: [Int]) throws {
        func apply(_ dtype: DType) throws -> [Tensor] {
            let x = normal(shape, 1).to(dtype).requiringGrad(), weight = normal([130, 48], 2).to(dtype).requiringGrad()
            let bias = normal([130], 3).to(dtype).requiringGrad()
            let y = x.linear(weight, bias: bias)
            (y * normal(y.shape, 4).to(dtype)).sum().backward()
            return try [y, #require(x.grad), #require(weight.grad), #require(bias.grad)]
        }
        for (a, b) in zip(try apply(.float32), try apply(.float64)) {
            #expect(a.shape == b.shape && (a.to(.float64) - b).abs().max().item < 1e-3)
        }
        #expect(Tensor.zeros([0, 48]).linear(Tensor.ones([130, 48])).shape == [0, 130])
        #expect(withAutocast(.bfloat16) { Tensor.ones([2, 48]).linear(Tensor.ones([130, 48])) }.dtype == .bfloat16)
    }

    @Test func keptMemoryIsEachTensorsOwn() {
        var kept: [(tensor: Tensor, value: Double)] = []
        for i in 0..<200 {
            // 1 MB to 13 MB, let go of in another order than made.
            let value = Double(i)
            kept.append((.full([(262_144 + 31_337 * (i * 37 % 100))], value), value))
            if kept.count > 12 { kept.remove(at: i * 7 % kept.count) }
            if i % 20 == 19 {
                for (tensor, value) in kept { #expect(tensor.min().item == value && tensor.max().item == value) }
            }
        }
    }
}
