import DataLoading
import Detection
import NN
import TestSupport
import Testing
import Torch

@Suite struct BatchInferenceTests {
    @Test(arguments: MaskRCNNOptions.Design.allCases)
    func aBatchFindsWhatItsImagesFindAlone(_ design: MaskRCNNOptions.Design) {
        var options = MaskRCNNOptions(design)
        options.depth = .r18
        options.width = 8
        options.classes = 4
        options.pyramidChannels = 16
        options.boxLayerSize = 32
        options.maskChannels = 8
        options.postNMSTopK = (50, 50)
        options.scoreThreshold = 0.05
        options.detectionsPerImage = 20
        let detector = MaskRCNN(options, using: Generator(seed: 3))
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
