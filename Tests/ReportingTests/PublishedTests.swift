import Foundation
import Reporting
import Support
import Testing

/// Others' figures stand beside ours where protocol, schedule and dataset are theirs, and nowhere else.
@Suite struct PublishedTests {
    private let maker: RunMaker

    init() throws { maker = try RunMaker() }

    private static let c4: [(key: String, value: JSON)] = [
        ("dataset.kind", "coco"), ("dataset.train_annotations", "annotations/instances_train2017.json"),
        ("dataset.val_annotations", "annotations/instances_val2017.json"), ("detection.train_fraction", 1.0),
        ("detection.backbone", "r50"), ("detection.width", 64), ("detection.normalization", "sync_bn"), ("detection.freeze_at", 0),
        ("detection.extra_norm", true), ("detection.masks", true), ("detection.batch", 16), ("detection.min_size_test", 800),
        ("detection.max_size", 1333), ("detection.iterations", 90_000), ("detection.milestones", [60_000, 80_000]),
        ("detection.design", "c4"),
    ]

    private func report(_ changed: [String: JSON] = [:]) throws -> Report {
        let settings = JSON.object(
            Self.c4.map { ($0.key, changed[$0.key] ?? $0.value) }
                + changed.filter { name, _ in
                    !Self.c4.contains { $0.key == name }
                }.map { ($0.key, $0.value) })
        return try Report(
            ReportInput(folders: [
                maker.run("byol", 0, ap: 0.382, settings: settings), maker.run("e-diy", 0, ap: 0.391, maskAP: 0.343, settings: settings),
            ]))
    }

    @Test func figuresOfTheSameProtocolStandBesideOurs() throws {
        let report = try report()
        let markdown = report.markdown
        #expect(markdown.contains("### Mask R-CNN, R50-C4, 1x") && markdown.contains("| E-DIY | – | 39.1 | 34.3 | measured here |"))
        #expect(markdown.contains("| BYOL | 200 | 37.9 | 33.2 | [SimSiam, table 5](https://arxiv.org/abs/2011.10566) |"))
        #expect(markdown.contains("| supervised | – | 38.2 | 33.3 | [PixPro's repository]"))
        // That one is of another protocol, and was shown with this one.
        #expect(!markdown.contains("36.8"))
        let published = try #require(report.json["published"]?.array)
        let byol = try #require(published.first { $0["method"] == "BYOL" })
        #expect(byol["box"] == 0.379 && byol["epochs"] == 200 && byol["protocol"] == "Mask R-CNN, R50-C4, 1x")
        let output = "\(maker.folder)/report"
        try report.write(to: output)
        let html = try String(contentsOfFile: "\(output)/index.html", encoding: .utf8)
        #expect(html.contains("<section class=\"apart\" aria-labelledby=\"published\">"))
        #expect(html.contains("<a href=\"https://github.com/zdaxie/PixPro\">PixPro&#39;s repository</a>"))
    }

    @Test func eachProtocolHasItsOwn() throws {
        let twice = try report(["detection.iterations": 180_000, "detection.milestones": [120_000, 160_000]])
        #expect(twice.markdown.contains("R50-C4, 2x") && twice.markdown.contains("| supervised | – | 40.0 | 34.7 |"))
        let fpn = try report(["detection.design": "fpn", "detection.box_convolutions": 4, "detection.box_layers": 1])
        #expect(fpn.markdown.contains("| MoCo v2 | 800 | 40.4 | 36.4 |") && !fpn.markdown.contains("37.9"))
        let standard: [String: JSON] = [
            "detection.design": "fpn", "detection.box_convolutions": 0, "detection.box_layers": 2, "detection.neck_norm": true,
            "detection.mask_head_norm": false,
        ]
        #expect(try report(standard).markdown.contains("| MoCo v2 | 200 | 38.9 | 35.5 |"))
        // With a normalised mask head it is neither of the two.
        #expect(try report(standard.merging(["detection.mask_head_norm": true]) { $1 }).json["published"] == nil)
    }

    @Test(
        arguments: [
            ("dataset.kind", "shapes"), ("dataset.val_annotations", "annotations/instances_test.json"), ("detection.iterations", 24_000),
            ("detection.milestones", [18_000, 22_000]), ("detection.train_fraction", 0.1), ("detection.freeze_at", 2),
            ("detection.backbone", "r18"), ("detection.masks", false), ("detection.design", "fpn"),
        ] as [(String, JSON)])
    func aDifferenceLeavesThemOut(_ name: String, _ value: JSON) throws {
        let report = try report([name: value])
        #expect(report.json["published"] == nil && !report.markdown.contains("Published"))
    }
}
