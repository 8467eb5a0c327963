import Foundation
import Reporting
import Support
import Testing

@Suite struct ReportTests {
    private let maker: RunMaker
    private var folder: String { maker.folder }

    init() throws { maker = try RunMaker() }

    private func run(
        _ method: String, _ seed: Int, ap: Double, maskAP: Double? = nil, settings: JSON = ["batch": 8], status: String = "finished",
        schema: Int = 1
    ) throws -> String {
        try maker.run(method, seed, ap: ap, maskAP: maskAP, settings: settings, status: status, schema: schema)
    }

    private func report(_ folders: [String]) throws -> Report { try Report(ReportInput(folders: folders)) }

    @Test func oneSeedSaysThatItProvesLittle() throws {
        let ahead = try report([run("byol", 0, ap: 0.30), run("e-diy", 0, ap: 0.32)])
        #expect(ahead.finding.hasPrefix("E-DIY is ahead of BYOL by 2.0 box AP and 2.0 mask AP, with one seed."))
        #expect(ahead.finding.contains("One seed proves little: there is no interval over seeds") && !ahead.finding.contains("±"))
        let behind = try report([run("byol", 0, ap: 0.32), run("e-diy", 0, ap: 0.30)])
        #expect(behind.finding.hasPrefix("E-DIY is behind BYOL by 2.0 box AP and 2.0 mask AP"))
        let split = try report([run("byol", 0, ap: 0.32), run("e-diy", 0, ap: 0.30, maskAP: 0.33)])
        #expect(split.finding.hasPrefix("E-DIY is behind BYOL by 2.0 box AP, and ahead of it by 1.0 mask AP"))
        let level = try report([run("byol", 0, ap: 0.32), run("e-diy", 0, ap: 0.32)])
        #expect(level.finding.hasPrefix("E-DIY is level with BYOL in box AP, and level with it in mask AP"))
    }

    @Test func detectorsThatHaveNotLearnedAreNamed() throws {
        let poor = try report([run("byol", 0, ap: 0.0004), run("e-diy", 0, ap: 0.0001)])
        #expect(poor.finding.hasPrefix("E-DIY is level with BYOL in box AP"))
        #expect(poor.notes.count == 2 && poor.notes.allSatisfy { $0.contains("hardly learned") })
        // −1 of pycocotools, for no objects of a size, is a dash and takes part in no mean.
        #expect(poor.markdown.contains("| e-diy | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 | – | 0.0 |  |"))
    }

    @Test func severalSeedsGiveAnInterval() throws {
        func finding(_ gains: [(box: Double, mask: Double)]) throws -> String {
            try report(
                gains.enumerated().flatMap { seed, gain in
                    [try run("byol", seed, ap: 0.3), try run("e-diy", seed, ap: 0.3 + gain.box, maskAP: 0.3 + gain.mask)]
                }
            ).finding
        }
        let sure = try finding([(0.02, 0.01), (0.021, 0.011), (0.019, 0.012)])
        // t(0.975, 2) · 0.001 / √3 = 0.0025.
        #expect(sure.hasPrefix("E-DIY is ahead of BYOL by 2.0 ± 0.2 box AP and 1.1 ± 0.2 mask AP (95% over 3 seeds): both intervals leave out 0."))
        #expect(sure.contains("Paired t test over seeds: p = 0.001 in box AP"))
        #expect(try finding([(0.02, 0.02), (-0.03, -0.03), (0.02, 0.02)]).contains("both intervals hold 0"))
        #expect(
            try finding([(0.02, 0.02), (0.021, -0.03), (0.019, 0.02)])
                .contains("the interval of box AP leaves out 0, that of mask AP holds it"))
    }

    @Test func seedsThatHaveNoPartnerAreLeftOut() throws {
        let report = try report([run("byol", 0, ap: 0.3), run("byol", 1, ap: 0.9), run("e-diy", 0, ap: 0.32), run("e-diy", 0, ap: 0.5)])
        #expect(report.finding.hasPrefix("E-DIY is ahead of BYOL by 2.0 box AP"))
        #expect(report.notes.contains { $0.contains("e-diy, seed 0, of which there is one already") })
        #expect(report.notes.contains("byol has seed 1 and e-diy has not: left out where the two are compared"))
        let apart = try self.report([run("byol", 0, ap: 0.3), run("e-diy", 1, ap: 0.3)])
        #expect(apart.finding == "No seed was run with both BYOL and E-DIY: nothing to compare.")
        #expect(try self.report([run("byol", 0, ap: 0.3)]).finding == "Only BYOL was measured: nothing to compare it with.")
    }

    @Test func baselineAndCandidateCanBeNamed() throws {
        var input = try ReportInput(folders: [run("none", 0, ap: 0.2), run("byol", 0, ap: 0.3), run("mine", 0, ap: 0.25)])
        #expect(try Report(input).finding.hasPrefix("mine is behind BYOL by 5.0"))
        input.baseline = "none"
        #expect(try Report(input).finding.hasPrefix("mine is ahead of training from scratch by 5.0"))
        input.candidate = "byol"
        #expect(try Report(input).finding.hasPrefix("BYOL is ahead of training from scratch by 10.0"))
        input.candidate = "nobody"
        #expect { try Report(input) } throws: { "\($0)" == "no finished run of method nobody; there are none, byol, mine" }
    }

    @Test func everyFileIsWrittenAndEscaped() throws {
        let strange = "<b>|x_$5 & {y}\\"
        let report = try report([run("byol", 0, ap: 0.3), run("e-diy", 0, ap: 0.32), run(strange, 0, ap: 0.1), run("a,\"b\"", 0, ap: 0.1)])
        let output = "\(folder)/report"
        try report.write(to: output)
        func text(_ name: String) throws -> String { try String(contentsOfFile: "\(output)/\(name)", encoding: .utf8) }
        let html = try text("index.html")
        #expect(html.contains("&lt;b&gt;|x_$5 &amp; {y}\\") && !html.contains("<b>|x"))
        for section in ["Methods", "Training", "Protocol", "Published by others", "Environment", "<polyline", "arXiv 2106.00537"] {
            #expect(html.contains(section), "\(section)")
        }
        #expect(!html.contains("{{"))
        let markdown = try text("report.md")
        #expect(markdown.contains("| e-diy | 32.0 |") && markdown.contains("| &lt;b>\\|x\\_$5 &amp; {y}\\\\ |"))
        let tex = try text("report.tex")
        #expect(tex.contains("\\textless{}b\\textgreater{}|x\\_\\$5 \\& \\{y\\}\\textbackslash{} &") && tex.contains("\\toprule"))
        let csv = try text("report.csv")
        #expect(csv.contains("\r\n\"a,\"\"b\"\"\",0,bbox,AP,,0.1,,1\r\n") && csv.contains("\r\ne-diy,,segm,AP50,,0.32,,1\r\n"))
        let json = try JSON.read("\(output)/report.json")
        #expect(json["schema"] == 2 && json["baseline"] == "byol" && json["candidate"] == "e-diy")
        #expect(json["methods"]?.array?.count == 4 && json["methods"]?.array?[2]["method"]?.string == strange)
        #expect(json["methods"]?.array?[1]["bbox_gain"]?["AP"]?["half_width"] == .null)
        #expect(json["methods"]?.array?[1]["bbox"]?["APl"] == .null)
        let gain = try #require(json["methods"]?.array?[1]["bbox_gain"]?["AP"]?["mean"]?.double)
        #expect(abs(gain - 0.02) < 1e-12)
    }

    @Test func categoriesHaveTheirTable() throws {
        func run(_ method: String, _ seed: Int, _ categories: [Int: Double]) throws -> String {
            try maker.run(method, seed, ap: 0.3, categories: categories)
        }
        let folders = [
            try run("byol", 0, [1: 0.1, 2: 0.5]), try run("byol", 1, [1: 0.2, 2: 0.5]), try run("e-diy", 0, [1: 0.2, 2: 0.4]),
            try run("e-diy", 1, [1: 0.3, 2: 0.4]),
        ]
        try AtomicFile.write(#"[{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]"#, to: "\(folders[0])/categories.json")
        let markdown = try report(folders).markdown
        // t(0.975, 1) · 0.05 = 0.635.
        #expect(markdown.contains("| cat | 15.0 ± 63.5 | 25.0 ± 63.5 | +10.0 ± 0.0 |"))
        #expect(markdown.contains("| dog | 50.0 ± 0.0 | 40.0 ± 0.0 | −10.0 ± 0.0 |"))
    }

    // MARK: - What is missing or wrong

    @Test func whatCannotBeUsedIsNamedAndTheRestReported() throws {
        let bare = try run("bare", 0, ap: 0.1), silent = try run("silent", 0, ap: 0.2)
        try FileManager.default.removeItem(atPath: "\(bare)/evaluation.json")
        try FileManager.default.removeItem(atPath: "\(silent)/metrics.jsonl")
        let folders = [
            try run("byol", 0, ap: 0.3), try run("e-diy", 0, ap: 0.32), try run("late", 0, ap: 0, status: "running"),
            try run("new", 0, ap: 0, schema: 9), "\(folder)/nowhere", bare, silent,
        ]
        let report = try report(folders)
        #expect(report.rows.map(\.method) == ["byol", "e-diy", "silent"])
        let expected = ["not finished, but running", "schema 9", "/nowhere/run.json", "evaluation.json", "metrics.jsonl"]
        #expect(report.notes.count == expected.count)
        for (note, part) in zip(report.notes, expected) { #expect(note.contains(part) && !note.contains("\n"), "\(note)") }
        #expect(throws: UserError.self) { try self.report(["\(folder)/nowhere"]) }
    }

    @Test func aBenchmarkThatIsNotDoneNamesWhatHasNotBegun() throws {
        let place = "\(folder)/bench"
        for method in ["byol", "e-diy"] { _ = try maker.run(method, 0, ap: 0.3, at: "\(place)/\(method)-seed0/finetune") }
        let benchmark: JSON = ["schema": 1, "name": "b", "methods": ["byol", "e-diy"], "seeds": [0, 1], "annotations": "gt.json", "images": "i"]
        try AtomicFile.write(benchmark.text(), to: "\(place)/benchmark.json")
        let notes = try report([place]).notes
        #expect(notes.count(where: { $0.contains("has not begun") }) == 2)
        #expect(notes.contains { $0.contains("no pictures are shown") && $0.contains("gt.json") })
    }

    @Test func differencesOfProtocolAreNamed() throws {
        let report = try report([run("byol", 0, ap: 0.3), run("byol", 1, ap: 0.3), run("e-diy", 0, ap: 0.3, settings: ["batch": 16])])
        #expect(report.notes.first == "the compared runs differ in batch of finetune: byol 8, e-diy 16")
        #expect(report.finding.hasPrefix("E-DIY is level with BYOL"))
        let mixed = try self.report([run("byol", 0, ap: 0.3), run("byol", 1, ap: 0.3, settings: ["batch": 4])])
        #expect(mixed.notes == ["the compared runs differ in batch of finetune: byol (seed 0) 8, byol (seed 1) 4"])
    }
}
