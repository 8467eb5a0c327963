import COCO
import Support
import TestSupport
import Testing

/// Whole arrays against pycocotools on many small datasets, drawn here as Fixtures/make_array_digests.py draws them.
@Suite struct RandomSetsTests {
    @Test func arraysAndOperatingPointsArePycocotools() throws {
        let golden = try #require(try JSON.read(fixture("array-digests.json")).array)
        for (seed, expected) in golden.enumerated() {
            var draw = Draw(state: UInt64(seed) + 1)
            let type = [IoUType.bbox, .segm, .keypoints][seed % 3]
            let (gt, dt) = Self.dataset(&draw, type)
            var evaluator = Evaluator(type)
            evaluator.usesCategories = draw(4) > 0
            if draw(3) == 0 { evaluator.detectionLimits = [1, 3, 5] }
            let (evaluation, points) = try withFiles(gt.text(), dt.text()) { paths in
                let (dataset, results) = try (Dataset.read(paths[0]), Results.read(paths[1]))
                return try (
                    evaluator.evaluate(results, against: dataset, by: type),
                    evaluator.operatingPoints(results, against: dataset, by: type, score: 0.5).points
                )
            }
            let counts = points.joined().flatMap { [Double($0.right), Double($0.found), Double($0.objects)] }
            let found = [evaluation.precision, evaluation.recall, evaluation.scores, counts].map(Self.digest)
            #expect(found == expected.array?.compactMap(\.string), "set \(seed), \(type)")
        }
    }

    private static func digest(_ values: [Double]) -> String {
        let sum = values.reduce(UInt64(0)) { ($0 &+ ($1.bitPattern ^ $1.bitPattern >> 32)) &* 0x100_0000_01B3 }
        return String(sum, radix: 16)
    }

    private struct Object {
        let image: Int
        let category: Int
        let box: [Double]
        let points: [Double]
    }

    private static func dataset(_ draw: inout Draw, _ type: IoUType) -> (gt: JSON, dt: JSON) {
        let W = 20 + draw(60), H = 20 + draw(60)
        let images = (0..<1 + draw(6)).map { 10 * draw(1000) + $0 }
        let categories = (0..<1 + draw(4)).map { 5 * draw(20) + $0 }
        let first = draw(4) == 0 ? 0 : 1, form = draw(3)
        func box() -> [Double] { [W, H, W, H].map { Double(draw(4 * $0)) / 4 } }
        func numbers(_ values: [Double]) -> JSON { .array(values.map(JSON.double)) }
        var objects: [Object] = []
        var annotations: [JSON] = []
        for image in images {
            for _ in 0..<[0, 0, 1, 3, 8][draw(5)] {
                let b = box()
                let category = categories[draw(max(1, categories.count - 1))]
                let isCrowd = draw(5) == 0
                let area = [b[2] * b[3], 0, 1024, 9216, b[2] * b[3] * 30][draw(5)]
                let runs = (draw(W * H / 2), draw(W * H / 2))
                let isLabelled = draw(4) > 0
                let points = (0..<17).flatMap { _ in
                    [Double(draw(4 * W)) / 4, Double(draw(4 * H)) / 4, isLabelled ? Double(draw(3)) : 0]
                }
                let crowd: JSON = ["size": [.int(H), .int(W)], "counts": [.int(runs.0), .int(runs.1), .int(W * H - runs.0 - runs.1)]]
                let (x, y, right, bottom) = (b[0], b[1], b[0] + b[2], b[1] + b[3])
                annotations.append([
                    "id": .int(annotations.count + first), "image_id": .int(image), "category_id": .int(category),
                    "bbox": numbers(b), "iscrowd": .int(isCrowd ? 1 : 0), "area": .double(area),
                    "segmentation": isCrowd ? crowd : [numbers([x, y, right, y, right, bottom, x, bottom])],
                    "keypoints": numbers(points),
                    "num_keypoints": .int((0..<17).count { points[3 * $0 + 2] > 0 }),
                ])
                objects.append(Object(image: image, category: category, box: b, points: points))
            }
        }
        var detections: [JSON] = []
        for (i, image) in images.enumerated() {
            for _ in 0..<[0, 2, 12, 130][draw(4)] + (i == 0 ? 1 : 0) {
                let base = !objects.isEmpty && draw(3) > 0 ? objects[draw(objects.count)] : nil
                let reach = [1, 9, 33][draw(3)]
                func moved(_ v: Double) -> Double { max(v + Double(draw(reach) - reach / 2) / 4, 0) }
                let b = base.map { $0.box.map(moved) } ?? box()
                let category: Int
                if let base, draw(4) > 0 { category = base.category } else { category = categories[draw(categories.count)] }
                let scores = [0, 0.5, 1, Double(draw(129)) / 128, Double(draw(129)) / 128]
                var members: [(key: String, value: JSON)] = [
                    ("image_id", .int(base?.image ?? image)), ("category_id", .int(category)), ("score", .double(scores[draw(5)])),
                ]
                if type == .keypoints {
                    members.append(
                        (
                            "keypoints",
                            numbers(
                                (0..<17).flatMap {
                                    [moved(base?.points[3 * $0] ?? b[0]), moved(base?.points[3 * $0 + 1] ?? b[1]), 1]
                                })
                        ))
                }
                if type != .keypoints && form != 1 { members.append(("bbox", numbers(b))) }
                if type != .keypoints && form != 2 {
                    let mask = RLE(box: Box(x: b[0], y: b[1], width: b[2], height: b[3]), height: H, width: W)
                    members.append(("segmentation", ["size": [.int(H), .int(W)], "counts": .string(mask.compressed)]))
                }
                detections.append(.object(members))
            }
        }
        let gt: JSON = [
            "images": .array(images.map { ["id": .int($0), "width": .int(W), "height": .int(H)] }),
            "categories": .array(categories.map { ["id": .int($0), "name": "c"] }), "annotations": .array(annotations),
        ]
        return (gt, .array(detections))
    }
}
