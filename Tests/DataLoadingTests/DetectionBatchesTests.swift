import COCO
import DataLoading
import Foundation
import Support
import TestSupport
import Testing
import Torch
import Vision

@Suite struct DetectionBatchesTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try ShapesDataset(train: 6, val: 1, unlabeled: 4, imageSize: 64, seed: 3).write(to: scratch.path)
    }

    private func batches(
        damaged: Int = 0, flip: Double = 0.5, fraction: Double = 1, seed: UInt64 = 7
    ) throws -> DetectionBatches {
        var input = DetectionInput(edges: ShortestEdge([48, 64, 80], longest: 96), minSizeTest: 64)
        input.flipProbability = flip
        return try DetectionBatches(
            Dataset.read("\(scratch.path)/annotations/instances_train.json"), folder: "\(scratch.path)/train", batchSize: 3,
            input: input, reader: ImageReader(maxCorruptImages: damaged), seed: seed,
            learnsMasks: true, fraction: fraction)
    }

    @Test(arguments: [0, 1, 3])
    func workersChangeNothing(_ workers: Int) throws {
        let reference = try batches()
        let loader = BatchLoader(try batches(), iterations: 0..<6, workers: workers)
        for i in 0..<6 {
            let batch = try #require(try loader.next()), expected = try reference.batch(at: i)
            #expect(batch.images.floats == expected.images.floats)
            #expect(batch.targets.map(\.boxes) == expected.targets.map(\.boxes))
        }
    }

    @Test func shortSidesOfAListOrARange() {
        func drawn(_ edges: ShortestEdge) -> Set<Int> {
            Set(
                (0..<400).map { seed in
                    var generator = SeededGenerator(UInt64(seed))
                    return edges.draw(using: &generator)
                })
        }
        #expect(drawn(ShortestEdge([60, 64], longest: 99)) == [60, 64])
        #expect(drawn(ShortestEdge([60, 64], longest: 99, sampling: .range)) == Set(60...64))
        #expect(drawn(ShortestEdge([64, 64], longest: 99, sampling: .range)) == [64])
    }

    @Test func boxesAndPolygonsAreTransformedAlike() throws {
        let source = try batches(flip: 1)
        for i in 0..<4 {
            let batch = try source.batch(at: i)
            for (target, size) in zip(batch.targets, batch.sizes) {
                for (k, polygons) in target.polygons.enumerated() {
                    let xs = polygons.flatMap { p in stride(from: 0, to: p.count, by: 2).map { p[$0] } }
                    let ys = polygons.flatMap { p in stride(from: 1, to: p.count, by: 2).map { p[$0] } }
                    let box = Array(target.boxes[4 * k..<4 * k + 4]).map(Double.init)
                    let tight = [xs.min() ?? 0, ys.min() ?? 0, xs.max() ?? 0, ys.max() ?? 0]
                    #expect(zip(box, tight).allSatisfy { abs($0 - $1) < 1e-3 })
                    #expect(box[2] <= Double(size.width) && box[3] <= Double(size.height))
                }
            }
        }
    }

    @Test func cornersAreThoseOfDetectron2() throws {
        let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        let cases = try #require(JSON.read(fixtures.appendingPathComponent("detectron2-boxes.json").path).array)
        #expect(cases.count == 200)
        for golden in cases {
            func numbers(_ key: String) -> [Double] { golden[key]?.array?.compactMap(\.double) ?? [] }
            let (box, size) = (numbers("box"), numbers("size").map { Int($0) })
            let sizes = ImageSizes(imageID: 1, originalWidth: size[0], originalHeight: size[1], width: size[2], height: size[3])
            let corners = sizes.corners(
                of: Box(x: box[0], y: box[1], width: box[2], height: box[3]), flip: golden["flip"]?.bool ?? false)
            #expect(corners == numbers("corners").map { Float($0) }, "\(golden)")
        }
    }

    @Test func aDamagedImageIsReplacedUpToTheLimit() throws {
        try AtomicFile.write("no image", to: "\(scratch.path)/train/000002.jpg")
        let a = try batches(damaged: 1), b = try batches(damaged: 1)
        for i in 0..<4 { #expect(try a.batch(at: i).sizes == b.batch(at: i).sizes) }
        #expect {
            let strict = try batches(damaged: 0)
            for i in 0..<4 { _ = try strict.batch(at: i) }
        } throws: { "\($0)".contains("000002.jpg") && "\($0)".contains("max_corrupt_images") }
    }

    @Test func viewsAreBytesAndRepeatable() throws {
        let source = PretrainingBatches(
            try ImageFolder("\(scratch.path)/unlabeled"), batchSize: 2, views: ViewAugmentation.byol(imageSize: 32),
            decoding: .fast, reader: ImageReader(maxCorruptImages: 0), seed: 1)
        let batch = try source.batch(at: 1)
        #expect(batch.views[0].shape == [2, 3, 32, 32] && batch.views[0].dtype == .uint8 && batch.views[0].isContiguous(.channelsLast))
        #expect(try source.batch(at: 1).views[1].floats == batch.views[1].floats)
        #expect(batch.views[0].floats != batch.views[1].floats)
        let grey = PixelNormalization.imageNet([Image(width: 1, height: 1, color: Color(red: 124, green: 116, blue: 104))])
        #expect(grey.abs().max().item < 0.02)
    }

    @Test func anEmptyFolderIsNamed() throws {
        let empty = try Scratch()
        #expect { try ImageFolder(empty.path) } throws: { "\($0)".contains(empty.path) && "\($0)".contains("no JPEG") }
    }

    @Test func aFractionIsTheSameImagesForEverySeed() throws {
        func images(_ fraction: Double, _ seed: UInt64) throws -> Set<Int> {
            let source = try batches(fraction: fraction, seed: seed)
            return Set(try (0..<8).flatMap { try source.batch(at: $0).sizes.map(\.imageID) })
        }
        let half = try images(0.5, 1)
        #expect(try half.count == 3 && images(0.5, 2) == half && images(1, 1).count == 6)
        #expect(try images(0.01, 1).count == 1)
    }

    @Test func channelsInBGR() {
        let image = Image(width: 1, height: 1, color: Color(red: 10, green: 20, blue: 30))
        let bgr = PixelNormalization(mean: [1, 2, 3], deviation: [1, 2, 3], order: .bgr)([image])
        #expect(bgr.shape == [1, 3, 1, 1] && bgr.floats == [29, 9, Float(7) / 3])
        #expect(PixelNormalization(mean: [1, 2, 3], deviation: [1, 2, 3])([image]).floats == [9, 9, 9])
    }

    @Test func batchesArePaddedToTheDivisor() {
        let images = [(40, 33), (50, 20)].map { Image(width: $0, height: $1, color: Color(red: 9, green: 9, blue: 9)) }
        let one = PixelNormalization(mean: [0, 0, 0], deviation: [1, 1, 1])
        let padded = DetectionBatch.padded(images.map { one([$0]) }, divisor: 32)
        #expect(padded.shape == [2, 3, 64, 64])
        #expect(padded.sum().item == Double(9 * 3 * (40 * 33 + 50 * 20)))
        #expect(DetectionBatch.padded(images.map { one([$0]) }, divisor: 1).shape == [2, 3, 33, 50])
    }
}
