import DataLoading
import Detection
import Foundation
import NN
import Support
import TestSupport
import Testing
import Torch
import Vision

/// The whole detector on a pyramid against torchvision's `maskrcnn_resnet50_fpn` with the same weights, and its parts.
@Suite struct FPNTests {
    private static let boxes: [Float] = [20, 30, 120, 150, 100, 10, 230, 90, 140.5, 100.25, 200, 180]
    private static let polygons: [[[Double]]] = [
        [[20, 30, 120, 60, 90, 150, 30, 120]],
        [[100, 10, 160, 10, 160, 90, 100, 90], [180, 20, 230, 30, 200, 85]],
        [[140.5, 100.25, 200, 140, 150, 180]],
    ]

    /// torchvision's numbers where they differ from Detectron2's, and few proposals, as `make_torchvision_fpn.py` has them.
    private static let options: RCNNOptions = {
        var options = RCNNOptions(.fpn)
        options.classes = 5
        options.fpn?.norm = false
        options.mask?.norm = false
        options.rpn.anchorsRounded = true
        options.pooling.samplingRatio = 2
        options.pooling.isAligned = false
        options.rpn.boxLoss = .smoothL1(beta: 1.0 / 9)
        options.box.loss = .smoothL1(beta: 1.0 / 9)
        options.rpn.preNMSTopK = (200, 100)
        options.rpn.postNMSTopK = (100, 60)
        options.rpn.positiveFraction = 1
        options.sampling.batch = 1_000_000
        options.sampling.positiveFraction = 0.5
        options.box.scoreThreshold = 0.1
        options.box.nms = 0.1
        options.box.detectionsPerImage = 10
        return options
    }()

    /// In float64, where no activation falls on the other side of ReLU.
    private func network(_ options: RCNNOptions) -> RCNN {
        let network = RCNN(options, using: Generator(seed: 0))
        withoutGrad {
            let entries = network.state("").filter { $0.tensor.dtype == .float32 }
            for (index, entry) in entries.enumerated() {
                entry.tensor.replaceStorage(value(entry.name, entry.tensor.shape, index).to(.float64))
            }
        }
        return network
    }

    private func value(_ name: String, _ shape: [Int], _ index: Int) -> Tensor {
        if shape.count > 1 {
            let small = name.contains("bbox_pred") || name.contains("anchor_deltas")
            let gain = small ? 0.04 : name.contains("cls_score") ? 0.2 : 4
            return sines(index, shape, (gain / Double(shape.dropFirst().reduce(1, *))).squareRoot())
        }
        if name.hasSuffix("bn3.weight") { return sines(index, shape, 0.1, shift: 0.25) }
        let isScale = name.hasSuffix("running_var") || name.hasSuffix("downsample.1.weight")
        if isScale || name.contains(".bn") && name.hasSuffix("weight") { return sines(index, shape, 0.3, shift: 1) }
        return sines(index, shape, 0.2)
    }

    private func sizes(_ count: Int) -> [ImageSizes] {
        (0..<count).map { ImageSizes(imageID: $0, originalWidth: 256, originalHeight: 192, width: 256, height: 192) }
    }

    @Test func lossesAndGradientsAreTorchvisions() throws {
        let path = fixture("torchvision-fpn.safetensors")
        let metadata = try SafeTensors.metadata(path), golden = try Golden("torchvision-fpn")
        var options = Self.options
        // Every anchor that has a label, and no more: the sums are divided by it.
        options.rpn.batch = try #require(metadata["drawn"].flatMap { Int($0) })
        let network = network(options)
        let targets = [[0, 2, 4], [1, 1, 3]].map {
            DetectionTarget(boxes: Self.boxes, classes: $0, polygons: Self.polygons)
        }
        let images = sines(1000, [2, 3, 192, 256], 1).to(.float64)
        var generator = SeededGenerator(0)
        let losses = network.losses(DetectionBatch(images: images, sizes: sizes(2), targets: targets), using: &generator)
        let expected = try golden["losses"].array(Double.self)
        for (loss, number) in zip(losses, expected) {
            #expect(abs(loss.value.item - number) < 1e-5 * number, "\(loss.name) \(loss.value.item) \(number)")
        }
        try losses.dropFirst().reduce(losses[0].value) { $0 + $1.value }.backward()
        let conv1 = try #require(network.parameters.first { $0.name == "backbone.conv1.weight" }?.tensor.grad)
        #expect(try relativeError(conv1.to(.float32), golden["grad_conv1"]) < 1e-4)
        let names = try #require(metadata["names"]).split(separator: ",").map(String.init)
        #expect(network.parameters.map(\.name) == names)
        for (parameter, norm) in zip(network.parameters, try golden["grad_norms"].array(Double.self)) {
            let own = try #require(parameter.tensor.grad).norm().item
            #expect(abs(own - norm) < 1e-4 * norm + 1e-9, "\(parameter.name) \(own) \(norm)")
        }
    }

    private func expect(_ found: Instances, _ golden: Golden, _ name: String) throws {
        #expect(try distance(found.boxes, golden["\(name)_boxes"]) < 1e-3)
        #expect(try distance(Tensor(found.scores), golden["\(name)_scores"]) < 1e-3)
        #expect(try found.classes == golden["\(name)_classes"].ints)
        #expect(try distance(#require(found.masks), golden["\(name)_masks"]) < 1e-3)
    }

    @Test func detectionsAreTorchvisions() throws {
        let golden = try Golden("torchvision-fpn")
        let images = sines(1000, [2, 3, 192, 256], 1).to(.float64)
        let found = network(Self.options).instances(DetectionBatch(images: images, sizes: sizes(2), targets: []))
        for i in 0..<2 { try expect(found[i], golden, "formula\(i)") }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: cocoMini), "\(cocoMini) is not there"))
    func detectionsOnPhotographsAreTorchvisions() throws {
        let golden = try Golden("torchvision-fpn")
        let names = try #require(SafeTensors.metadata(fixture("torchvision-fpn.safetensors"))["photographs"]).split(separator: ",")
        #expect(names.count == 4)
        let photographs = try names.map {
            try ImageFile.read("\(cocoMini)/val/\($0)").resized(width: 256, height: 192, filter: .bilinear)
        }
        let images = PixelNormalization.imageNet(photographs).to(.float64)
        let found = network(Self.options).instances(DetectionBatch(images: images, sizes: sizes(names.count), targets: []))
        for i in names.indices { try expect(found[i], golden, "photograph\(i)") }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: detectron2Golden), "\(detectron2Golden) is not there"))
    func poolingIsDetectron2s() throws {
        let golden = try SafeTensors.read("\(detectron2Golden)/fpn-pooler.safetensors")
        let pooler = ROIPooler(strides: [4, 8, 16, 32])
        let boxes = try #require(golden["in_boxes"])
        #expect(try pooler.levels(boxes) == #require(golden["out_levels"]).ints)
        let maps = try (2...5).map { try #require(golden["in_p\($0)"]) }
        let pooled = pooler(Boxes.rois(boxes, image: 0), of: maps, side: 7)
        #expect(try distance(pooled, #require(golden["out_pooled"])) < 1e-5)
    }

    @Test func levelsByTheFormula() {
        // √area at and beside the powers of two of 224, and far outside.
        let pooler = ROIPooler(strides: [4, 8, 16, 32])
        let sides: [Float] = [0, 1, 111.9, 112, 223.9, 224, 447.9, 448, 5000]
        let boxes = Tensor(sides.flatMap { [10, 20, 10 + $0, 20 + $0] }, [sides.count, 4])
        #expect(pooler.levels(boxes) == [0, 0, 0, 1, 1, 2, 2, 3, 3])
        #expect(ROIPooler(strides: [16]).levels(boxes) == [Int](repeating: 0, count: sides.count))
    }

    @Test func normalisedHeadsHaveDetectron2sNames() {
        var options = RCNNOptions(.fpn)
        options.backbone = ResNetOptions(.r18, width: 8)
        options.fpn?.channels = 16
        options.box.layers?.convolutions = 4
        options.box.layers?.convolutionChannels = 8
        options.box.layers?.layers = 1
        options.box.layers?.layerSize = 32
        options.mask?.channels = 8
        let names = Set(RCNN(options, using: Generator(seed: 0)).state("").map(\.name))
        for name in [
            "backbone.fpn_lateral2.weight", "backbone.fpn_lateral2.norm.running_mean", "backbone.fpn_output5.norm.weight",
            "roi_heads.box_head.conv4.norm.bias", "roi_heads.box_head.fc1.weight", "roi_heads.mask_head.mask_fcn4.norm.weight",
            "roi_heads.mask_head.deconv.bias", "roi_heads.mask_head.predictor.weight", "backbone.layer4.1.bn2.weight",
        ] { #expect(names.contains(name), "\(name)") }
        for name in ["backbone.fpn_lateral2.bias", "roi_heads.box_head.conv1.bias", "roi_heads.box_head.fc2.weight"] {
            #expect(!names.contains(name), "\(name)")
        }
    }

    @Test func fasterRCNNHasNoMasks() {
        for design in RCNNOptions.Design.allCases {
            var options = RCNNOptions(design)
            options.backbone = ResNetOptions(.r18, width: 8)
            options.mask = nil
            options.box.scoreThreshold = 0
            let network = RCNN(options, using: Generator(seed: 0))
            #expect(!network.state("").contains { $0.name.contains("mask_head") })
            let batch = DetectionBatch(
                images: sines(0, [1, 3, 96, 96], 1),
                sizes: [ImageSizes(imageID: 1, originalWidth: 96, originalHeight: 96, width: 96, height: 96)],
                targets: [DetectionTarget(boxes: [8, 8, 60, 60], classes: [3], polygons: [[]])])
            var generator = SeededGenerator(0)
            let losses = network.losses(batch, using: &generator)
            #expect(losses.map(\.name) == ["loss_cls", "loss_box_reg", "loss_rpn_cls", "loss_rpn_loc"])
            let found = network.predict(batch, categoryIDs: Array(1...80))[0]
            #expect(!found.isEmpty && found.allSatisfy { $0.mask == nil })
        }
    }
}
