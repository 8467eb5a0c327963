import COCO
import Foundation
import Reporting
import Support
import Testing
import Vision

/// A report as large as a real one: 3 methods, 5 seeds, 80 categories, images that JPEG cannot make small.
@Suite struct LargeReportTests {
    private let maker: RunMaker
    private static let categories = 80, count = 16

    init() throws { maker = try RunMaker() }

    /// The benchmark's folder.
    private func benchmark() throws -> String {
        let place = "\(maker.folder)/large"
        try FileManager.default.createDirectory(atPath: "\(place)/images", withIntermediateDirectories: true)
        var generator = SeededGenerator(1)
        for i in 0..<Self.count {
            let pixels = (0..<320 * 240 * 3).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            let image = Image(width: 320, height: 240, channels: 3, pixels: pixels)
            try AtomicFile.write(JPEG.encode(image, quality: 90), to: "\(place)/images/\(i).jpg")
        }
        let gt: JSON = [
            "images": .array(
                (0..<Self.count).map { ["id": .int($0 + 1), "width": 320, "height": 240, "file_name": .string("\($0).jpg")] }),
            "categories": .array((1...Self.categories).map { ["id": .int($0), "name": .string("category number \($0)")] }),
            "annotations": .array(
                (0..<Self.count * 10).map { i in
                    let x = i % 10 * 30
                    return [
                        "id": .int(i + 1), "image_id": .int(i / 10 + 1), "category_id": .int(i % Self.categories + 1),
                        "bbox": [.int(x), 100, 25, 40], "area": 1000, "iscrowd": 0,
                        "segmentation": .array([[.int(x), 100, .int(x + 25), 100, .int(x + 25), 140, .int(x), 140]]),
                    ]
                }),
        ]
        try AtomicFile.write(gt.text(), to: "\(place)/gt.json")
        let methods = ["none", "byol", "e-diy"]
        for (m, method) in methods.enumerated() {
            for seed in 0..<5 {
                let run = try maker.run(
                    method, seed, ap: 0.3 + 0.02 * Double(m) + 0.003 * Double(seed * m), at: "\(place)/\(method)-seed\(seed)/finetune",
                    categories: Dictionary(uniqueKeysWithValues: (1...Self.categories).map { ($0, generator.uniform()) }))
                try ResultsWriter.write(to: "\(run)/results.json") { writer in
                    for i in 0..<Self.count * 10 where generator.chance(0.4 + 0.1 * Double(m)) {
                        let box = Box(x: Double(i % 10 * 30), y: 100, width: 25, height: 40)
                        try writer.append(
                            Detection(
                                imageID: i / 10 + 1, categoryID: i % Self.categories + 1, box: box, score: generator.uniform(0.3, 1),
                                mask: RLE(box: box, height: 240, width: 320)))
                    }
                }
                let maps = (0..<4).map { i -> JSON in
                    [
                        "file_name": .string("\(i).jpg"), "grid": 14, "region": 90,
                        "similarities": .array((0..<196).map { _ in .double(generator.uniform()) }),
                    ]
                }
                let regions: JSON = ["mean_pairwise_cosine": 0.5, "effective_rank": 9, "maps": .array(maps)]
                try AtomicFile.write(regions.text(), to: "\(run)/regions.json")
                let lines = (0..<3000).map { #"{"iteration":\#($0),"loss":\#(generator.uniform()),"loss_cls":\#(generator.uniform())}"# }
                try AtomicFile.write(lines.joined(separator: "\n"), to: "\(run)/metrics.jsonl")
            }
        }
        let benchmark: JSON = [
            "schema": 1, "name": "large", "methods": .array(methods.map(JSON.string)), "seeds": [0, 1, 2, 3, 4],
            "annotations": "gt.json", "images": "images",
        ]
        try AtomicFile.write(benchmark.text(), to: "\(place)/benchmark.json")
        return place
    }

    @Test func thePageStaysBelowFiveMegabytes() throws {
        let report = try Report(ReportInput(folders: [benchmark()]))
        #expect(report.notes == [])
        let output = "\(maker.folder)/report"
        try report.write(to: output)
        let html = try String(contentsOfFile: "\(output)/index.html", encoding: .utf8)
        #expect(html.utf8.count < 5_000_000, "\(html.utf8.count)")
        // All of it is there: two tables of 80 lines, images by each rule, four maps, and each to three methods.
        #expect(html.components(separatedBy: "<th scope=\"row\">category number").count == 1 + 2 * Self.categories)
        let rules = [", largest gain:", ", largest loss:", ", by chance</h3>"].map { html.components(separatedBy: $0).count - 1 }
        #expect(rules[2] == 3 && rules[0] > 0 && html.components(separatedBy: "<img alt=").count == 1 + rules.reduce(0, +) * 4)
        #expect(html.components(separatedBy: "<svg class=\"map\"").count == 1 + 4 * 3)
        #expect(html.contains("(95% over 5 seeds, 16 images)"))
    }
}
