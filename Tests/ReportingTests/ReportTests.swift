import Foundation
import Reporting
import Support
import Testing

@Suite struct ReportTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID())").path

    /// A finished run with these numbers.
    private func run(
        _ method: String, _ seed: Int, ap: Double, maskAP: Double? = nil, stage: String = "finetune", settings: JSON = ["batch": 8],
        status: String = "finished", schema: Int = 1
    ) throws -> String {
        let path = "\(folder)/\(UUID())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let json: JSON = [
            "schema": .int(schema), "stage": .string(stage), "method": .string(method), "seed": .int(seed),
            "status": .string(status), "dataset": "d", "protocol": settings, "cost": ["images": 100, "seconds": 5],
            "environment": ["cores": "2"],
        ]
        try AtomicFile.write(json.text(), to: "\(path)/run.json")
        func numbers(_ ap: Double) -> JSON {
            .object(["AP", "AP50", "AP75", "APs", "APm", "APl"].map { ($0, .double(ap)) } + [("perCategoryAP", [:])])
        }
        let evaluation: JSON = .object([("bbox", numbers(ap)), ("segm", numbers(maskAP ?? ap))])
        try AtomicFile.write(evaluation.text(), to: "\(path)/evaluation.json")
        try AtomicFile.write(#"{"mean_pairwise_cosine": 0.5, "effective_rank": 9}"#, to: "\(path)/regions.json")
        try AtomicFile.write("{\"iteration\":0,\"loss\":2}\n{\"iteration\":1,\"loss\":1}\n", to: "\(path)/metrics.jsonl")
        return path
    }

    @Test func oneSeedSaysThatItProvesLittle() throws {
        let report = try Report(reading: [run("byol", 0, ap: 0.30), run("e-diy", 0, ap: 0.32)])
        #expect(report.finding.hasPrefix("E-DIY is ahead of BYOL by 2.0 box AP and 2.0 mask AP, with one seed."))
        #expect(report.finding.contains("One seed proves little"))
        let behind = try Report(reading: [run("byol", 0, ap: 0.32), run("e-diy", 0, ap: 0.30)])
        #expect(behind.finding.hasPrefix("E-DIY is behind BYOL by 2.0 box AP and 2.0 mask AP"))
        let split = try Report(reading: [run("byol", 0, ap: 0.32), run("e-diy", 0, ap: 0.30, maskAP: 0.33)])
        #expect(split.finding.hasPrefix("E-DIY is behind BYOL by 2.0 box AP, and ahead of it by 1.0 mask AP"))
        let level = try Report(reading: [run("byol", 0, ap: 0.32), run("e-diy", 0, ap: 0.32)])
        #expect(level.finding.hasPrefix("E-DIY is level with BYOL in box AP, and level with it in mask AP"))
    }

    @Test func detectorsThatHaveNotLearnedAreNamed() throws {
        let report = try Report(reading: [run("byol", 0, ap: 0.0004), run("e-diy", 0, ap: 0.0001)])
        #expect(report.finding.hasPrefix("E-DIY is level with BYOL in box AP"))
        #expect(report.notes.count == 2 && report.notes.allSatisfy { $0.contains("hardly learned") })
        #expect(report.markdown.contains("| e-diy | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 |"))
    }

    @Test func severalSeedsGiveAnInterval() throws {
        var folders: [String] = []
        for (seed, gain) in [0.02, 0.021, 0.019].enumerated() {
            folders += [try run("byol", seed, ap: 0.3), try run("e-diy", seed, ap: 0.3 + gain)]
        }
        #expect(try Report(reading: folders).finding.contains("the interval leaves out 0"))
        let doubtful = try [0.02, -0.03, 0.02].enumerated().flatMap { seed, gain in
            [try run("byol", seed, ap: 0.3), try run("e-diy", seed, ap: 0.3 + gain)]
        }
        #expect(try Report(reading: doubtful).finding.contains("the interval holds 0"))
    }

    @Test func everyFileIsWrittenAndEscaped() throws {
        let report = try Report(reading: [run("byol", 0, ap: 0.3), run("e-diy", 0, ap: 0.32), run("<b>|x", 0, ap: 0.1)])
        let output = "\(folder)/report"
        try report.write(to: output)
        let html = try String(contentsOfFile: "\(output)/index.html", encoding: .utf8)
        #expect(html.contains("&lt;b&gt;|x") && !html.contains("<b>|x"))
        for section in ["Methods", "Training", "Protocol", "Environment", "<polyline", "arXiv 2106.00537"] {
            #expect(html.contains(section), "\(section)")
        }
        #expect(!html.contains("{{"))
        let markdown = try String(contentsOfFile: "\(output)/report.md", encoding: .utf8)
        #expect(markdown.contains("| e-diy | 32.0 |") && markdown.contains("&lt;b>\\|x"))
        let json = try JSON.read("\(output)/report.json")
        #expect(json["methods"]?.array?.count == 3)
        #expect(json["methods"]?.array?[1]["bbox_gain"]?["AP"]?["half_width"] == .null)
        let gain = try #require(json["methods"]?.array?[1]["bbox_gain"]?["AP"]?["mean"]?.double)
        #expect(abs(gain - 0.02) < 1e-12)
    }

    @Test func whatCannotBeUsedIsNamedAndTheRestReported() throws {
        let folders = [
            try run("byol", 0, ap: 0.3), try run("e-diy", 0, ap: 0.32), try run("late", 0, ap: 0, status: "running"),
            try run("new", 0, ap: 0, schema: 9), "\(folder)/nowhere",
        ]
        let report = try Report(reading: folders)
        #expect(report.rows.map(\.method) == ["byol", "e-diy"])
        #expect(report.notes.count == 3)
        #expect(report.notes[0].contains("not finished") && report.notes[1].contains("schema 9"))
        #expect(throws: UserError.self) { try Report(reading: ["\(folder)/nowhere"]) }
    }

    @Test func differencesOfProtocolAreNamed() throws {
        let report = try Report(reading: [run("byol", 0, ap: 0.3), run("e-diy", 0, ap: 0.3, settings: ["batch": 16])])
        #expect(report.notes == ["the compared runs differ in batch of finetune: byol 8, e-diy 16"])
        #expect(report.finding.hasPrefix("E-DIY is level with BYOL"))
    }
}
