import Foundation
import Testing
import Torch

/// Convolutions and products by kernels of our own, against libtorch's in float64.
@Suite struct ConvolutionTests {
    /// What a layer gives, and the gradients of x, weight and bias of (y · probe).sum().
    private func differentiated(
        _ shape: [Int], weight: [Int], bias: Bool, in dtype: DType, _ layer: (Tensor, Tensor, Tensor?) -> Tensor
    ) throws -> [Tensor] {
        let x = normal(shape, 1).to(dtype).requiringGrad(), weight = normal(weight, 2).to(dtype).requiringGrad()
        let shift = normal([weight.size(0)], 3).to(dtype).requiringGrad()
        let y = layer(x, weight, bias ? shift : nil)
        if shape.count == 4 { #expect(y.isContiguous(.channelsLast)) }
        try (y * normal(y.shape, 4).to(dtype)).sum().backward()
        return try [y, #require(x.grad), #require(weight.grad)] + (bias ? [#require(shift.grad)] : [])
    }

    /// Holds `kernel` in float32 to libtorch's in float64, relatively to the largest number.
    private func compare(
        _ kernel: Kernel, _ shape: [Int], weight: [Int], at level: VectorLevel, tolerance: Double,
        _ layer: (Tensor, Tensor, Tensor?) -> Tensor
    ) throws {
        for bias in [false, true] {
            let found = try expecting([kernel: 2]) {
                try withVectorLevel(level) { try differentiated(shape, weight: weight, bias: bias, in: .float32, layer) }
            }
            let expected = try expecting([:]) { try differentiated(shape, weight: weight, bias: bias, in: .float64, layer) }
            for (a, b) in zip(found, expected) {
                #expect(a.shape == b.shape && (a.to(.float64) - b).abs().max().item < tolerance * max(b.abs().max().item, 1))
            }
        }
    }

    @Test(arguments: [1, 2, 3], VectorLevel.all) func ofOnePixelItIsAProduct(_ stride: Int, _ level: VectorLevel) throws {
        try compare(.product, [3, 20, 9, 7], weight: [33, 20, 1, 1], at: level, tolerance: 3e-6) {
            $0.convolved($1, bias: $2, stride: stride)
        }
    }

    @Test(arguments: [[3, 32, 9, 7], [1, 40, 34, 50], [2, 64, 1, 1], [1, 32, 2, 3]], VectorLevel.all)
    func ofNinePixelsItIsFiltered(_ shape: [Int], _ level: VectorLevel) throws {
        try compare(.filtered2x2, shape, weight: [48, shape[1], 3, 3], at: level, tolerance: 3e-6) {
            $0.convolved($1, bias: $2, padding: 1)
        }
    }

    @Test(arguments: [[5, 48], [2, 3, 48], [48], [784, 48]], VectorLevel.all)
    func aProductOfRowsIsOne(_ shape: [Int], _ level: VectorLevel) throws {
        try compare(.product, shape, weight: [130, 48], at: level, tolerance: 3e-6) { $0.linear($1, bias: $2) }
    }

    /// What kernels of our own are not for is libtorch's, by the same name.
    @Test func theOthersAreLibtorchs() throws {
        func apply(_ shape: [Int], _ weight: [Int], stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1) throws {
            let layer = { (x: Tensor, w: Tensor, b: Tensor?) in
                x.convolved(w, bias: b, stride: stride, padding: padding, dilation: dilation, groups: groups)
            }
            let found = try expecting([:]) { try differentiated(shape, weight: weight, bias: true, in: .float32, layer) }
            let expected = try differentiated(shape, weight: weight, bias: true, in: .float64, layer)
            for (a, b) in zip(found, expected) {
                #expect(a.shape == b.shape && (a.to(.float64) - b).abs().max().item < 1e-5 * max(b.abs().max().item, 1))
            }
        }
        try apply([2, 32, 9, 7], [32, 32, 3, 3], stride: 2, padding: 1)
        try apply([2, 32, 9, 7], [32, 32, 3, 3])
        try apply([2, 32, 9, 7], [32, 32, 3, 3], padding: 1, dilation: 2)
        try apply([2, 64, 9, 7], [64, 32, 3, 3], padding: 1, groups: 2)
        try apply([2, 64, 9, 7], [64, 32, 1, 1], groups: 2)
        try apply([2, 32, 9, 7], [32, 32, 1, 1], padding: 1)
        try apply([2, 3, 9, 7], [32, 3, 7, 7], stride: 2, padding: 3)
        // Rows of other memory.
        let x = normal([2, 32, 5, 5], 1).contiguous(), weight = normal([32, 32, 3, 3], 2)
        let y = expecting([:]) { x.convolved(weight, padding: 1) }
        #expect((y - x.contiguous(.channelsLast).convolved(weight, padding: 1)).abs().max().item < 1e-4)
    }

    @Test func anEmptyBatchHasNoResults() throws {
        for (kernel, padding) in [(1, 0), (3, 1), (7, 3)] {
            let x = Tensor.zeros([0, 32, 8, 8]).contiguous(.channelsLast)
            let weight = normal([32, 32, kernel, kernel], 1)
            #expect(x.convolved(weight, padding: padding).shape == [0, 32, 8, 8])
            #expect(withAutocast(.bfloat16) { x.convolved(weight, padding: padding) }.shape == [0, 32, 8, 8])
        }
        #expect(Tensor.zeros([0, 48]).linear(Tensor.ones([130, 48])).shape == [0, 130])
    }

    /// AMX's tiles outrun filtering.
    private static let filtersBFloat16 =
        VectorLevel.processor == .avx512
        && (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.contains("amx_tile") == false

    /// Shapes of few and of many tiles, whose sides end within one; 1×1 beside 3×3, as autocast has both.
    @Test(
        arguments: [
            ([3, 32, 9, 7], false), ([2, 64, 33, 30], true), ([33, 32, 7, 7], true), ([1, 40, 34, 50], false), ([2, 64, 1, 1], false),
        ],
        VectorLevel.all)
    func byAutocastItIsOneOfRoundedNumbers(_ c: (shape: [Int], hasManyTiles: Bool), _ level: VectorLevel) throws {
        for kernel in [1, 3] { try compareRounded(c.shape, hasManyTiles: c.hasManyTiles, kernel, level) }
    }

    private func compareRounded(_ shape: [Int], hasManyTiles: Bool, _ kernel: Int, _ level: VectorLevel) throws {
        func rounded(_ x: Tensor) -> Tensor { x.to(.bfloat16).to(.float32) }
        let pixels = rounded(normal(shape, 1)), kernels = normal([96, shape[1], kernel, kernel], 2)
        let offsets = rounded(normal([96], 3)), probe = rounded(normal([shape[0], 96, shape[2], shape[3]], 4))
        func apply(_ dtype: DType) throws -> [Tensor] {
            let x = pixels.to(dtype).cloned().requiringGrad(), bias = offsets.to(dtype).cloned().requiringGrad()
            let weight = (dtype == .float32 ? kernels : rounded(kernels)).to(dtype).cloned().requiringGrad()
            func convolved() -> Tensor { x.convolved(weight, bias: bias, padding: kernel / 2) }
            let y = dtype == .float32 ? withAutocast(.bfloat16) { convolved() } : convolved()
            #expect(y.dtype == (dtype == .float32 ? .bfloat16 : dtype) && y.isContiguous(.channelsLast))
            try (y.to(dtype) * probe.to(dtype)).sum().backward()
            return try [y, #require(x.grad), #require(weight.grad), #require(bias.grad)]
        }
        // Without AVX-512 libtorch has no fast bfloat16, and the numbers are rounded and multiplied in float32.
        let runs: [Kernel: Int] =
            level < .avx512
            ? [kernel == 1 ? .product : .filtered2x2: 2]
            : Self.filtersBFloat16 && kernel == 3 && hasManyTiles ? [.filtered4x4: 2] : [:]
        let found = try expecting(runs) { try withVectorLevel(level) { try apply(.float32) } }
        // In float64 it is libtorch's.
        for (a, b) in zip(found, try expecting([:]) { try apply(.float64) }) {
            #expect(a.shape == b.shape && (a.to(.float64) - b).abs().max().item < 4e-3 * max(b.abs().max().item, 1))
        }
    }

    @Test(arguments: [DType.float32, .bfloat16], VectorLevel.all)
    func itDoesNotDependOnThreads(_ dtype: DType, _ level: VectorLevel) throws {
        func apply(threads: Int) throws -> [[Float]] {
            let before = LibTorch.threadCount
            LibTorch.setThreadCount(threads)
            defer { LibTorch.setThreadCount(before) }
            let x = normal([2, 64, 31, 45], 1).requiringGrad(), weight = normal([160, 64, 3, 3], 2).requiringGrad()
            let y = dtype == .float32 ? x.convolved(weight, padding: 1) : withAutocast(dtype) { x.convolved(weight, padding: 1) }
            #expect(y.dtype == dtype)
            try (y.to(.float32) * normal(y.shape, 4)).sum().backward()
            return try [y.to(.float32).floats, #require(x.grad).floats, #require(weight.grad).floats]
        }
        try withVectorLevel(level) {
            let alone = try apply(threads: 1)
            for threads in [2, 3, 5, 19] { #expect(try apply(threads: threads) == alone) }
        }
    }

    @Test func productsOfAutocastComeInSixteenBits() {
        for level in VectorLevel.all {
            withVectorLevel(level) {
                withAutocast(.bfloat16) {
                    #expect(Tensor.ones([2, 48]).linear(Tensor.ones([130, 48])).dtype == .bfloat16)
                    #expect(Tensor.ones([2, 48]).matmul(Tensor.ones([48, 3])).dtype == .bfloat16)
                }
            }
        }
    }

    @Test func levelsOfVectorsEndWithTheirPart() {
        withVectorLevel(.default) {
            withVectorLevel(.processor) {}
            // The loops of another level round in other places.
            let x = normal([4, 64, 17, 19], 1), weight = normal([64, 64, 3, 3], 2)
            let here = x.convolved(weight, padding: 1).floats
            #expect(withVectorLevel(.default) { x.convolved(weight, padding: 1).floats } == here)
        }
    }
}
