import Testing
import Torch

@Suite struct TorchvisionTests {
    @Test(arguments: [("adaptive", 0, true), ("two", 2, true), ("plain", 0, false)])
    func roiAlignForwardAndBackward(_ name: String, _ ratio: Int, _ aligned: Bool) throws {
        let golden = try Golden("roi-align-torchvision")
        for format in [MemoryFormat.contiguous, .channelsLast] {
            let x = try golden["x"].contiguous(format).cloned().requiringGrad()
            let y = try x.roiAligned(
                golden["rois"], height: 7, width: 6, scale: 1 / 16, samplingRatio: ratio, aligned: aligned)
            #expect(try distance(y, golden["\(name)_y"]) < 1e-5)
            (y * (try golden["grad"])).sum().backward()
            let expected = try golden["\(name)_grad"]
            #expect(distance(try #require(x.grad), expected) < 1e-5 * max(1, expected.abs().max().item))
        }
    }

    @Test func roiAlignGradientByDifferences() {
        let x = Tensor.normal([1, 2, 6, 5], generator: Generator(seed: 1)).to(.float64).requiringGrad()
        let rois = Tensor([0, 3, 5, 60, 70, 0, -20, 10, 90, 40] as [Double], [2, 5])
        func value(_ x: Tensor) -> Tensor {
            let y = x.roiAligned(rois, height: 3, width: 2, scale: 1 / 16)
            return (y * y).sum()
        }
        value(x).backward()
        let gradient: [Double] = x.grad!.array()
        let values: [Double] = x.detached().array()
        for i in stride(from: 0, to: values.count, by: 7) {
            var (up, down) = (values, values)
            up[i] += 1e-5
            down[i] -= 1e-5
            let slope = (value(Tensor(up, x.shape)).item - value(Tensor(down, x.shape)).item) / 2e-5
            #expect(abs(slope - gradient[i]) < 1e-7)
        }
    }

    @Test func noRegionsGiveNone() {
        let y = Tensor.ones([1, 2, 4, 4]).roiAligned(Tensor.zeros([0, 5]), height: 7, width: 7, scale: 1 / 16)
        #expect(y.shape == [0, 2, 7, 7])
    }

    @Test func suppressionIsIdentical() throws {
        let golden = try Golden("roi-align-torchvision")
        let boxes = try golden["nms_boxes"], scores = try golden["nms_scores"]
        let groups = Tensor.zeros([400], dtype: .int64)
        for tenths in [3, 5, 7] {
            let kept = boxes.suppressed(scores: scores, groups: groups, iouThreshold: Double(tenths) / 10)
            #expect(try kept.ints == golden["nms_\(tenths)"].ints)
        }
        #expect(Tensor.zeros([0, 4]).suppressed(scores: Tensor.zeros([0]), groups: Tensor.zeros([0], dtype: .int64), iouThreshold: 0.5).count == 0)
    }
}
