import DataLoading
import Detection
import NN
import TestSupport
import Testing
import Torch

@Suite struct BatchInferenceTests {
    @Test(arguments: RCNNOptions.Design.allCases)
    func aBatchFindsWhatItsImagesFindAlone(_ design: RCNNOptions.Design) {
        var options = RCNNOptions(design)
        options.backbone = ResNetOptions(.r18, width: 8)
        options.classes = 4
        options.fpn?.channels = 16
        options.box.layers?.layerSize = 32
        options.mask?.channels = 8
        options.rpn.postNMSTopK = (50, 50)
        options.box.scoreThreshold = 0.05
        options.box.detectionsPerImage = 20
        let detector = RCNN(options, using: Generator(seed: 3))
        let images = sines(0, [3, 3, 96, 128], 1)
        func batch(_ places: Range<Int>) -> DetectionBatch {
            DetectionBatch(
                images: images.narrowed(0, places),
                sizes: places.map { ImageSizes(imageID: $0, originalWidth: 256, originalHeight: 192, width: 128, height: 96) },
                targets: [])
        }
        let together = detector.instances(batch(0..<3))
        for i in 0..<3 {
            let alone = detector.instances(batch(i..<i + 1))[0]
            #expect(!alone.classes.isEmpty && alone.classes == together[i].classes)
            #expect(distance(alone.boxes, together[i].boxes) < 1e-3)
            #expect(zip(alone.scores, together[i].scores).allSatisfy { abs($0 - $1) < 1e-5 })
        }
        let found = detector.predict(batch(0..<3), categoryIDs: [7, 8, 9, 10])
        #expect(found.enumerated().allSatisfy { i, detections in detections.allSatisfy { $0.imageID == i } })
    }
}
