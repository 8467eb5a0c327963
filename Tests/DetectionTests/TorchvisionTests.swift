import DataLoading
import Detection
import Testing
import Torch
import Vision

@Suite struct TorchvisionTests {
    @Test(arguments: [("adaptive", 0, true), ("two", 2, true), ("plain", 0, false)])
    func roiAlignForwardAndBackward(_ name: String, _ ratio: Int, _ aligned: Bool) throws {
        let golden = try Golden("roi-align-torchvision")
        for format in [MemoryFormat.contiguous, .channelsLast] {
            let x = try golden["x"].contiguous(format).cloned().requiringGrad()
            let y = try x.roiAligned(
                golden["rois"], height: 7, width: 6, scale: 1 / 16, samplingRatio: ratio, aligned: aligned)
            #expect(try distance(y, golden["\(name)_y"]) < 1e-5)
            try (y * (try golden["grad"])).sum().backward()
            let expected = try golden["\(name)_grad"]
            #expect(distance(try #require(x.grad), expected) < 1e-5 * max(1, expected.abs().max().item))
        }
    }

    @Test func roiAlignGradientByDifferences() throws {
        let x = Tensor.normal([1, 2, 6, 5], generator: Generator(seed: 1)).to(.float64).requiringGrad()
        let rois = Tensor([0, 3, 5, 60, 70, 0, -20, 10, 90, 40] as [Double], [2, 5])
        func value(_ x: Tensor) -> Tensor {
            let y = x.roiAligned(rois, height: 3, width: 2, scale: 1 / 16)
            return (y * y).sum()
        }
        try value(x).backward()
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

    @Test func roiAlignDoesNotDependOnThreads() throws {
        let values = Tensor.normal([2, 64, 9, 11], generator: Generator(seed: 2))
        let weights = Tensor.normal([40, 64, 7, 7], generator: Generator(seed: 3))
        let corners = Tensor.uniform([40, 4], 0, 150, generator: Generator(seed: 4))
        let images = Tensor((0..<40).map { Float($0 % 2) }, [40, 1])
        let rois = Tensor.concatenated([images, corners], dimension: 1)
        func answer(threads: Int) throws -> [Float] {
            let before = LibTorch.threadCount
            LibTorch.setThreadCount(threads)
            defer { LibTorch.setThreadCount(before) }
            let x = values.cloned().requiringGrad()
            let y = x.roiAligned(rois, height: 7, width: 7, scale: 1 / 16)
            try (y * weights).sum().backward()
            return y.floats + (try #require(x.grad)).floats
        }
        let alone = try answer(threads: 1)
        for threads in [2, 3] { #expect(try answer(threads: threads) == alone) }
    }

    @Test func suppressionAtTheThreshold() throws {
        // Pairs whose IoU is the threshold but for rounding.
        let kept = try Golden("nms-edges")["kept"].ints
        let scores = Tensor([1, 0.5] as [Float]), groups = Tensor.zeros([2], dtype: .int64)
        for k in 1..<20 {
            let boxes = Tensor([0, 0, 20, 1, 0, 0, Float(k), 1], [2, 4])
            let found = boxes.suppressed(scores: scores, groups: groups, iouThreshold: Double(k) / 20)
            #expect(found.count == kept[k - 1], "\(k) / 20")
        }
    }

    @Test func suppressionIsIdentical() throws {
        let golden = try Golden("roi-align-torchvision")
        let boxes = try golden["nms_boxes"], scores = try golden["nms_scores"]
        let groups = Tensor.zeros([400], dtype: .int64)
        for tenths in [3, 5, 7] {
            let kept = boxes.suppressed(scores: scores, groups: groups, iouThreshold: Double(tenths) / 10)
            #expect(try kept.ints == golden["nms_\(tenths)"].ints)
        }
        #expect(
            Tensor.zeros([0, 4]).suppressed(scores: Tensor.zeros([0]), groups: Tensor.zeros([0], dtype: .int64), iouThreshold: 0.5).count
                == 0)
    }

    @Test(arguments: ["up", "bounded", "down"]) func imagesAreMadeReadyAsTorchvisionDoes(_ name: String) throws {
        let golden = try Golden("torchvision-predict")
        let pixels = try golden["\(name)_pixels"]
        var input = DetectionInput(edges: ShortestEdge([32], longest: 53), minSizeTest: 32)
        input.testResizing = .torchvision
        let ready = input.prepared(Image(width: pixels.size(1), height: pixels.size(0), pixels: pixels.array()))
        #expect(try distance(ready, golden["\(name)_ready"]) < 1e-5)
    }

    @Test func sidesAreRoundedDown() {
        // 427 · (800 / 427) is a little less than 800 in binary.
        let edges = ShortestEdge([800], longest: 1333)
        #expect(edges.sizeRoundedDown(width: 640, height: 427, edge: 800) == (Int(640 * (800.0 / 427)), Int(427 * (800.0 / 427))))
        #expect(edges.sizeRoundedDown(width: 1000, height: 200, edge: 800) == (1333, 266))
    }

    @Test func masksAreResizedAsTorchvisionDoes() throws {
        let golden = try Golden("torchvision-predict")
        let masks = try golden["masks"].floats, boxes = try golden["boxes"].floats
        let expected: [UInt8] = try golden["pasted"].array()
        for i in 0..<12 {
            let pasted = resizedMask(
                Array(masks[i * 36..<(i + 1) * 36]), side: 6, box: Array(boxes[4 * i..<4 * i + 4]), width: 50, height: 40)
            #expect(pasted.decode() == Array(expected[i * 2000..<(i + 1) * 2000]), "mask \(i)")
        }
    }
}
