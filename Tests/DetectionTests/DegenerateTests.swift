import COCO
import DataLoading
import Detection
import Foundation
import NN
import Support
import Testing
import Torch
import Training

/// Inputs at the edge of what an annotation file can hold: none may stop the program, and losses stay numbers.
@Suite struct DegenerateTests {
    private static let classes = 3

    /// A small one of each design.
    private let detectors: [RCNN] = RCNNOptions.Design.allCases.map { design in
        var options = RCNNOptions(design)
        options.backbone = ResNetOptions(.r18, width: 8)
        options.classes = Self.classes
        options.fpn?.channels = 8
        options.box.layers?.convolutions = 1
        options.box.layers?.convolutionChannels = 8
        options.box.layers?.layerSize = 16
        options.sampling.batch = 8
        options.mask?.channels = 8
        options.rpn.postNMSTopK = (20, 20)
        // Below what an untrained network says of every class, so that there are masks to paste.
        options.box.scoreThreshold = 0.01
        return RCNN(options, using: Generator(seed: 5))
    }

    /// One image a list of boxes, all of one size, each object a rectangle of class 0, 1, 2, 0, …
    private func batch(_ boxes: [[[Float]]], width: Int, height: Int, pixels: Double? = nil) -> DetectionBatch {
        let shape = [boxes.count, 3, height, width]
        return DetectionBatch(
            images: pixels.map { Tensor.full(shape, $0) } ?? Tensor.normal(shape, generator: Generator(seed: 1)),
            sizes: boxes.indices.map {
                ImageSizes(imageID: $0, originalWidth: 2 * width, originalHeight: height, width: width, height: height)
            },
            targets: boxes.map { boxes in
                DetectionTarget(
                    boxes: boxes.flatMap { $0 }, classes: boxes.indices.map { $0 % Self.classes },
                    polygons: boxes.map { b in [[b[0], b[1], b[2], b[1], b[2], b[3], b[0], b[3]].map(Double.init)] })
            })
    }

    /// Each detector learns from the batch and predicts on it.
    private func run(_ batch: DetectionBatch, seed: UInt64 = 0) throws {
        for detector in detectors { try run(detector, batch, seed: seed) }
    }

    private func run(_ detector: RCNN, _ batch: DetectionBatch, seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        let losses = detector.losses(batch, using: &generator)
        #expect(losses.map(\.name) == ["loss_cls", "loss_box_reg", "loss_mask", "loss_rpn_cls", "loss_rpn_loc"])
        for loss in losses { #expect(loss.value.item.isFinite, "\(loss.name)") }
        try losses.dropFirst().reduce(losses[0].value) { $0 + $1.value }.backward()
        for parameter in detector.parameters {
            if let grad = parameter.tensor.grad { #expect(grad.isFinite().all().item == 1, "\(parameter.name)") }
            parameter.tensor.grad = nil
        }
        for entry in detector.state("") { #expect(entry.tensor.isFinite().all().item == 1, "\(entry.name)") }
        for (size, found) in zip(batch.sizes, detector.predict(batch, categoryIDs: [10, 20, 30])) {
            for detection in found {
                #expect([10, 20, 30].contains(detection.categoryID))
                #expect(detection.mask?.width == size.originalWidth && detection.mask?.height == size.originalHeight)
                if let box = detection.box {
                    #expect(box.x >= 0 && box.x + box.width <= Double(size.originalWidth) + 1e-3)
                    #expect(box.y >= 0 && box.y + box.height <= Double(size.originalHeight) + 1e-3)
                }
            }
        }
    }

    @Test func noObjects() throws { try run(batch([[], []], width: 64, height: 48)) }

    @Test func oneImageWithoutObjects() throws { try run(batch([[], [[8, 8, 40, 40]]], width: 64, height: 48)) }

    @Test func onePixelBoxes() throws { try run(batch([[[3, 4, 4, 5], [63, 47, 64, 48]]], width: 64, height: 48)) }

    @Test func thinBoxes() throws { try run(batch([[[0, 0, 64, 1e-4], [5, 0, 5.0001, 48]]], width: 64, height: 48)) }

    @Test func imageSmallerThanTheStride() throws { try run(batch([[[0, 0, 5, 3]], []], width: 5, height: 3)) }

    @Test func imageOfOnePixel() throws { try run(batch([[[0, 0, 1, 1]]], width: 1, height: 1)) }

    @Test func theSameObjectManyTimes() throws {
        try run(batch([Array(repeating: [10, 10, 40, 40], count: 60)], width: 64, height: 48))
    }

    /// Forty in a test run; as many as `EDIY_DEGENERATE_INPUTS` says for a longer look:
    ///
    ///     EDIY_DEGENERATE_INPUTS=10000 swift test -c release --filter DegenerateTests.randomInputs
    @Test func randomInputs() throws {
        let count = ProcessInfo.processInfo.environment["EDIY_DEGENERATE_INPUTS"].flatMap(UInt64.init) ?? 40
        for seed in 0..<count {
            var generator = SeededGenerator(seed, 77)
            let width = generator.integer(in: 1..<70), height = generator.integer(in: 1..<70)
            let thinnest = generator.chance(0.3) ? 1e-4 : 1
            let boxes = (0..<generator.integer(in: 1..<3)).map { _ in
                (0..<generator.integer(in: 0..<4)).map { _ -> [Float] in
                    let x = Float(generator.uniform(0, Double(width))), y = Float(generator.uniform(0, Double(height)))
                    let right = min(x + Float(generator.uniform(thinnest, 90)), Float(width) + 1e-3)
                    let bottom = min(y + Float(generator.uniform(thinnest, 90)), Float(height) + 1e-3)
                    return [x, y, right, bottom]
                }
            }
            try run(batch(boxes, width: width, height: height), seed: seed)
        }
    }

    @Test func withoutProposalsNothingIsFound() {
        // Pixels that are no numbers make every proposal none, and every one is dropped.
        let nothing = batch([[]], width: 64, height: 48, pixels: .nan)
        for detector in detectors { #expect(detector.predict(nothing, categoryIDs: [1, 2, 3]).map(\.count) == [0]) }
    }

    @Test func masksOfImpossibleBoxesAreEmpty() {
        let mask = [Float](repeating: 1, count: 14 * 14)
        let boxes: [[Float]] = [
            [.nan, 0, 5, 5], [0, 0, .infinity, 5], [5, 5, 5, 9], [9, 9, 2, 2], [-90, -90, -50, -50], [1e30, 0, 2e30, 5],
        ]
        for box in boxes {
            let pasted = pastedMask(mask, side: 14, box: box, width: 20, height: 10)
            #expect(pasted.area == 0 && pasted.width == 20 && pasted.height == 10, "\(box)")
        }
        #expect(pastedMask(mask, side: 14, box: [-1e9, -1e9, 1e9, 1e9], width: 20, height: 10).area == 200)
        #expect(pastedMask(mask, side: 14, box: [0, 0, 1e-30, 10], width: 20, height: 10).area == 0)
    }

    @Test func maskTargetOfNothingIsEmpty() {
        #expect(maskTarget(polygons: [], box: [0, 0, 10, 10], side: 4) == [UInt8](repeating: 0, count: 16))
        #expect(maskTarget(polygons: [[0, 0, 9, 0, 9, 9]], box: [50, 50, 50, 50], side: 4).allSatisfy { $0 == 0 })
    }
}
