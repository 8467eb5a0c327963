import Foundation
import Support
import Testing
import Torch

@Suite struct TensorTests {
    @Test func arithmeticBroadcasts() {
        let a = Tensor([1, 2, 3, 4] as [Float], [2, 2])
        let b = Tensor([10, 20] as [Float])
        #expect((a * b + 1).floats == [11, 41, 31, 81])
        #expect((1 / a).floats == [1, 0.5, 1 / 3, 0.25])
        #expect((a .> 2).array(Bool.self) == [false, false, true, true])
        #expect(a.matmul(a).floats == [7, 10, 15, 22])
    }

    @Test func reductionsAndOrder() {
        let a = Tensor([3, 1, 2, 9, 7, 8] as [Float], [2, 3])
        #expect(a.sum().item == 30)
        #expect(a.mean([1]).floats == [2, 8])
        #expect(a.max(1).indices.ints == [0, 0])
        #expect(a.topK(2).values.floats == [3, 2, 9, 8])
        #expect(a.sorted().indices.ints == [1, 2, 0, 1, 2, 0])
        #expect(a.cumulativeSum(1).floats == [3, 4, 6, 9, 16, 24])
        #expect(a.norm([1]).floats.map { ($0 * $0).rounded() } == [14, 194])
    }

    @Test func shapesAndIndices() {
        let a = Tensor((0..<12).map(Float.init), [3, 4])
        #expect(a.transposed().shape == [4, 3])
        #expect(a.narrowed(1, 1..<3).floats == [1, 2, 5, 6, 9, 10])
        #expect(a[Tensor([2, 0])].floats == [8, 9, 10, 11, 0, 1, 2, 3])
        #expect(a[nil, Tensor([3])].floats == [3, 7, 11])
        #expect(a[a .> 9].floats == [10, 11])
        #expect(a.gathered(1, Tensor([1, 2, 3], [3, 1])).floats == [1, 6, 11])
        #expect(a.split([1, 2]).map(\.shape) == [[1, 4], [2, 4]])
        #expect(Tensor.stacked([a, a]).shape == [2, 3, 4])
        #expect(a.padded([1, 0]).floats.prefix(5) == [0, 0, 1, 2, 3])
        #expect(Tensor([1, 0]).oneHot(2).ints == [0, 1, 1, 0])
    }

    @Test func gradientsFlow() throws {
        let x = Tensor([1, 2, 3] as [Float]).requiringGrad()
        try (x * x).sum().backward()
        #expect(x.grad?.floats == [2, 4, 6])
        x.grad = nil
        #expect(x.grad == nil)
        let y = withoutGrad { x * 2 }
        #expect(!y.requiresGrad)
        #expect(!(x * 2).detached().requiresGrad)
    }

    @Test func autocastComputesInHalfPrecisionAndEnds() {
        let a = Tensor.ones([4, 4])
        #expect(withAutocast(.bfloat16) { a.matmul(a) }.dtype == .bfloat16)
        #expect(a.matmul(a).dtype == .float32)
    }

    /// With bfloat16 hardware or without: products of rounded values, summed in float32.
    @Test func autocastRoundsWhatProductsTake() throws {
        let x = Tensor.normal([2, 8, 9, 7], generator: Generator(seed: 1)).contiguous(.channelsLast)
        let weight = Tensor.normal([4, 8, 3, 3], generator: Generator(seed: 2)), bias = Tensor.normal([4], generator: Generator(seed: 3))
        func rounded(_ t: Tensor) -> Tensor { t.to(.bfloat16).to(.float32) }
        let (a, b) = (x.cloned().requiringGrad(), weight.cloned().requiringGrad())
        let y = withAutocast(.bfloat16) { a.convolved(b, bias: bias, padding: 1).relu().to(.float32) }
        let (c, d) = (rounded(x).requiringGrad(), rounded(weight).requiringGrad())
        let expected = c.convolved(d, bias: rounded(bias), padding: 1).relu()
        func error(_ t: Tensor, _ u: Tensor) -> Double { (t - u).abs().max().item / u.abs().max().item }
        #expect(error(y, rounded(expected)) < 5e-3)
        try (y * y).sum().backward()
        try (expected * expected).sum().backward()
        #expect(try error(#require(a.grad), #require(c.grad)) < 1e-2)
        #expect(try error(#require(b.grad), #require(d.grad)) < 1e-2)
        #expect(b.grad?.dtype == .float32)
    }

    @Test func generatorsGiveTheirOwnStream() {
        let a = Tensor.normal([5], generator: Generator(seed: 3)).floats
        let b = Tensor.normal([5], generator: Generator(seed: 3)).floats
        #expect(a == b)
        #expect(a != Tensor.normal([5], generator: Generator(seed: 4)).floats)
    }

    @Test func memoryFormatsAndTypes() {
        let a = Tensor((0..<24).map(Float.init), [1, 2, 3, 4])
        let b = a.contiguous(.channelsLast)
        #expect(b.isContiguous(.channelsLast) && !b.isContiguous())
        #expect(b.floats == a.floats)
        #expect(a.to(.int64).ints == Array(0..<24))
        #expect(Tensor([true, false]).dtype == .bool)
    }

    @Test func inPlaceChangesWhatEveryCopySees() {
        let a = Tensor.zeros([2])
        let b = a
        a.addInPlace(Tensor.ones([2]), scale: 0.5)
        a.moveInPlace(towards: Tensor.ones([2]), by: 0.5)
        #expect(b.floats == [0.75, 0.75])
        #expect(a.sharesStorage(with: b))
    }

    @Test func everyNetworkOperatorIsThere() {
        let x = Tensor.ones([1, 2, 4, 4])
        #expect(x.convolved(Tensor.ones([3, 2, 3, 3]), padding: 1).shape == [1, 3, 4, 4])
        #expect(x.convolvedTransposed(Tensor.ones([2, 3, 2, 2]), stride: 2).shape == [1, 3, 8, 8])
        #expect(x.maxPooled(kernel: 2, stride: 2).shape == [1, 2, 2, 2])
        #expect(x.averagePooled(kernel: 2, stride: 2).sum().item == 8)
        #expect(x.adaptiveAveragePooled(1, 1).floats == [1, 1])
        for mode in [Tensor.Interpolation.nearest, .bilinear, .bicubic] {
            #expect(x.upsampled(8, 6, mode).shape == [1, 2, 8, 6])
        }
        #expect(x.gridSampled(Tensor.zeros([1, 1, 1, 2])).floats == [1, 1])
        let logits = Tensor([0, 0, 0, 0] as [Float], [2, 2])
        #expect(abs(logits.crossEntropy(Tensor([0, 1])).item - log(2)) < 1e-6)
        #expect(abs(logits.binaryCrossEntropyWithLogits(Tensor.ones([2, 2])).item - log(2)) < 1e-6)
        #expect(logits.softmax(1).floats == [0.5, 0.5, 0.5, 0.5])
        #expect(logits.l1Loss(Tensor.ones([2, 2])).item == 1)
        #expect(logits.smoothL1Loss(Tensor.ones([2, 2]), beta: 1).item == 0.5)
        #expect(Tensor([3, 4] as [Float]).unitLength().floats == [0.6, 0.8])
    }
}
