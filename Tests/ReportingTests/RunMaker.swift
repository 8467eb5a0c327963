import COCO
import Foundation
import Runs
import Support
import Vision

/// Run folders made up for a test, in a folder that goes away with it.
final class RunMaker {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID())").path

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    static let titles = ["none": "training from scratch", "byol": "BYOL", "e-diy": "E-DIY"]

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A run with these numbers.
    func run(
        _ method: String, _ seed: Int, ap: Double, maskAP: Double? = nil, stage: String = "finetune", settings: JSON = ["batch": 8],
        status: String = "finished", schema: Int = 2, at place: String? = nil, categories: [Int: Double] = [:]
    ) throws -> String {
        let path = place ?? "\(folder)/\(UUID())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        var json: [(key: String, value: JSON)] = [
            ("schema", .int(schema)), ("stage", .string(stage)), ("method", .string(method)), ("seed", .int(seed)),
            ("status", .string(status)), ("dataset", "d"), ("protocol", settings), ("cost", ["images": 100, "seconds": 5]),
            ("environment", ["cores": "2"]),
        ]
        if schema > 1 {
            if let title = Self.titles[method] { json.append(("method_title", .string(title))) }
            json.append(("loss_titles", stage == "pretrain" ? ["loss_byol": "BYOL's loss"] : ["loss": "all losses"]))
        }
        try AtomicFile.write(JSON.object(json).text(), to: "\(path)/run.json")
        func numbers(_ ap: Double) -> JSON {
            let names = ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"]
            let perCategory = categories.sorted { $0.key < $1.key }.map { (key: "\($0.key)", value: JSON.double($0.value)) }
            return .object(names.map { ($0, .double($0 == "APl" ? -1 : ap)) } + [("perCategoryAP", .object(perCategory))])
        }
        let evaluation: JSON = .object([("bbox", numbers(ap)), ("segm", numbers(maskAP ?? ap))])
        try AtomicFile.write(evaluation.text(), to: "\(path)/evaluation.json")
        try AtomicFile.write(#"{"mean_pairwise_cosine": 0.5, "effective_rank": 9}"#, to: "\(path)/regions.json")
        try AtomicFile.write("{\"iteration\":0,\"loss\":2}\n{\"iteration\":1,\"loss\":1}\n", to: "\(path)/metrics.jsonl")
        try AtomicFile.write("[]", to: "\(path)/results.json")
        return path
    }

    /// Ground truth of `count` images of 40×40 pixels with a square each, of two categories in turn, and the images.
    func groundTruth(_ count: Int) throws -> (annotations: String, images: String) {
        let images = "\(folder)/images"
        try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
        for i in 0..<count {
            let image = Image(width: 40, height: 40, channels: 3, pixels: Array(repeating: UInt8(i % 256), count: 4800))
            try AtomicFile.write(JPEG.encode(image, quality: 80), to: "\(images)/\(i).jpg")
        }
        let gt: JSON = [
            "images": .array((0..<count).map { ["id": .int($0 + 1), "width": 40, "height": 40, "file_name": .string("\($0).jpg")] }),
            "categories": [["id": 3, "name": "<i>square"], ["id": 7, "name": "box_$2"]],
            "annotations": .array(
                (0..<count).map { i in
                    [
                        "id": .int(i + 1), "image_id": .int(i + 1), "category_id": i % 2 == 0 ? 3 : 7, "bbox": [10, 10, 20, 20],
                        "area": 400, "iscrowd": 0, "segmentation": [[10, 10, 30, 10, 30, 30, 10, 30]],
                    ]
                }),
        ]
        try AtomicFile.write(gt.text(), to: "\(folder)/gt.json")
        return ("\(folder)/gt.json", images)
    }

    /// Results that find the squares of these images and no others.
    func results(_ name: String, finding found: (Int) -> Bool, of count: Int) throws -> String {
        let path = "\(folder)/\(name).json"
        try ResultsWriter.write(to: path) { writer in
            for i in (0..<count).filter(found) {
                try writer.append(
                    Detection(
                        imageID: i + 1, categoryID: i % 2 == 0 ? 3 : 7, box: Box(x: 10, y: 10, width: 20, height: 20), score: 0.9,
                        mask: RLE(box: Box(x: 10, y: 10, width: 20, height: 20), height: 40, width: 40)))
            }
        }
        return path
    }

    /// A benchmark's folder of three methods and two seeds, with categories, curves, maps and images.
    func benchmark() throws -> String {
        let place = "\(folder)/bench", count = 12
        let (annotations, images) = try groundTruth(count)
        for (m, method) in ["none", "byol", "e-diy"].enumerated() {
            for seed in 0..<2 {
                let run = try run(
                    method, seed, ap: 0.2 + 0.05 * Double(m) + 0.01 * Double(seed), at: "\(place)/\(method)-seed\(seed)/finetune",
                    categories: [3: 0.3 - 0.1 * Double(m), 7: 0.1 + 0.1 * Double(m), 9: 0.15])
                let results = try results("r\(m)\(seed)", finding: { $0 % (4 - m) == 0 }, of: count)
                try FileManager.default.removeItem(atPath: "\(run)/results.json")
                try FileManager.default.moveItem(atPath: results, toPath: "\(run)/results.json")
                let maps: JSON = [["file_name": "1.jpg", "grid": 2, "region": 1, "similarities": [0.1, 1, 0.5, -0.2]]]
                let regions: JSON = ["mean_pairwise_cosine": 0.5, "effective_rank": 9, "maps": maps]
                try AtomicFile.write(regions.text(), to: "\(run)/regions.json")
            }
        }
        try BenchmarkFile(
            name: "b", recipe: "recipes/b.yaml", annotations: annotations, images: images, methods: ["none", "byol", "e-diy"],
            seeds: [0, 1], baseline: "byol", candidate: "e-diy", methodTitles: [], lossTitles: []
        ).write(to: place)
        return place
    }
}
