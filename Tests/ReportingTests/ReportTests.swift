import Foundation
import Reporting
import Runs
import Support
import Testing

@Suite struct ReportTests {
    private let maker: RunMaker
    private var folder: String { maker.folder }

    init() throws { maker = try RunMaker() }

    private func run(
        _ method: String, _ seed: Int, ap: Double, maskAP: Double? = nil, settings: JSON = ["batch": 8], status: String = "finished",
        schema: Int = 2
    ) throws -> String {
        try maker.run(method, seed, ap: ap, maskAP: maskAP, settings: settings, status: status, schema: schema)
    }

    private func report(_ folders: [String], candidate: String? = nil) throws -> Report {
        var input = ReportInput(folders: folders)
        input.candidate = candidate
        return try Report(input)
    }

    @Test func oneSeedIsNoEvidence() throws {
        let ahead = try report([run("byol", 0, ap: 0.30), run("e-diy", 0, ap: 0.32)])
        #expect(
            ahead.headline == "E-DIY is ahead of BYOL by 2.0 box AP and 2.0 mask AP (one seed each): no evidence about the methods,"
                + " since another seed may turn it.")
        #expect(ahead.grounds.map(\.title) == ["Over seeds"])
        #expect(ahead.grounds[0].text.contains("there is no interval over seeds and no test") && !ahead.finding.contains("±"))
        let behind = try report([run("byol", 0, ap: 0.32), run("e-diy", 0, ap: 0.30)])
        #expect(behind.headline.hasPrefix("E-DIY is behind BYOL by 2.0 box AP and 2.0 mask AP"))
        let split = try report([run("byol", 0, ap: 0.32), run("e-diy", 0, ap: 0.30, maskAP: 0.33)])
        #expect(split.headline.hasPrefix("E-DIY is behind BYOL by 2.0 box AP, and ahead of it by 1.0 mask AP"))
        let level = try report([run("byol", 0, ap: 0.32), run("e-diy", 0, ap: 0.32)])
        #expect(level.headline.hasPrefix("E-DIY is level with BYOL in box AP, and level with it in mask AP"))
    }

    @Test func detectorsThatHaveNotLearnedAreNamed() throws {
        let poor = try report([run("byol", 0, ap: 0.0004), run("e-diy", 0, ap: 0.0001)])
        #expect(poor.headline.hasSuffix("(one seed each): it says nothing, since BYOL has hardly learned to detect."))
        #expect(poor.notes.count == 2 && poor.notes.allSatisfy { $0.contains("hardly learned") })
        // −1 of pycocotools, for no objects of a size, is a dash and takes part in no mean.
        #expect(poor.markdown.contains("| e-diy | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 | – | 0.0 |"))
    }

    private func seeds(_ gains: [(box: Double, mask: Double)], others: [String] = []) throws -> Report {
        try report(
            gains.enumerated().flatMap { seed, gain in
                [try run("byol", seed, ap: 0.3 + 0.001 * Double(seed))]
                    + [try run("e-diy", seed, ap: 0.3 + 0.001 * Double(seed) + gain.box, maskAP: 0.3 + 0.001 * Double(seed) + gain.mask)]
                    + (try others.map { try run($0, seed, ap: 0.31 + 0.002 * Double(seed)) })
            }, candidate: "e-diy")
    }

    @Test func severalSeedsGiveAnIntervalAndAVerdict() throws {
        let sure = try seeds([(0.02, 0.01), (0.021, 0.011), (0.019, 0.012)])
        // t(0.975, 2) · 0.001 / √3 = 0.0025.
        #expect(
            sure.headline
                == "E-DIY is ahead of BYOL by 2.0 ± 0.2 box AP and 1.1 ± 0.2 mask AP (95% over 3 seeds): evidence of a gain in both.")
        let grounds = sure.grounds[0].text
        #expect(
            grounds.contains(
                "Paired t test over 3 seeds: +2.0 box AP, 95% +1.8 to +2.2, p < 0.001; +1.1 mask AP, 95% +0.9 to +1.3, p = 0.003."))
        #expect(grounds.contains("Of 3 seeds E-DIY is ahead in 3 in box AP and 3 in mask AP.") && !grounds.contains("evidence of none"))
        #expect(grounds.contains("Holm's correction for two measures makes that p = 0.002 and p = 0.003"))
        let lost = try seeds([(-0.02, 0.01), (-0.021, 0.011), (-0.019, 0.012)])
        #expect(lost.headline.hasSuffix("evidence of a loss in box AP and of a gain in mask AP."))
        let none = try seeds([(0.02, 0.02), (-0.03, -0.03), (0.02, 0.02)])
        #expect(none.headline.hasSuffix("(95% over 3 seeds): no evidence of a difference."))
        #expect(none.grounds[0].text.contains("No evidence of a difference is not evidence of none: anything in −6.8 to +7.5 box AP"))
        let half = try seeds([(0.02, 0.02), (0.021, -0.03), (0.019, 0.02)])
        #expect(half.headline.hasSuffix("evidence of a gain in box AP, and none of a difference in mask AP."))
        #expect(try seeds([(0.02, 0.02), (0.01, 0.01)]).grounds[0].text.contains("Two seeds make wide intervals"))
    }

    /// Either measure alone would pass; of two, one may lie below 0.05 by chance.
    @Test func twoMeasuresAreCorrectedFor() throws {
        let gains = [0.0120, 0.0072, 0.0090, 0.0015]
        let p = try #require(PairedComparison(differences: gains)?.p)
        #expect(p < 0.05 && 2 * p > 0.05, "\(p)")
        #expect(try seeds(gains.map { ($0, $0) }).headline.hasSuffix("no evidence of a difference."))
    }

    @Test func copiesAreNoSeeds() throws {
        let report = try report((0..<3).flatMap { [try run("byol", $0, ap: 0.3), try run("e-diy", $0, ap: 0.32)] })
        #expect(report.headline.hasSuffix("no evidence of a difference."))
        #expect(report.grounds[0].text.contains("as that of copies is: no test can be made"))
    }

    @Test func manyMethodsAreCorrectedForInTheTable() throws {
        let markdown = try seeds([(0.02, 0.01), (0.021, 0.011), (0.019, 0.012)], others: ["none"]).markdown
        #expect(markdown.contains("| method | AP | AP50 | AP75 | APs | APm | APl | gain | p | p, Holm |"))
        #expect(markdown.contains("| +2.0 ± 0.2 | &lt; 0.001 | 0.002 |"))
        #expect(try !seeds([(0.02, 0.01), (0.021, 0.011)]).markdown.contains("p, Holm"))
    }

    @Test func seedsThatHaveNoPartnerAreLeftOut() throws {
        let report = try report([run("byol", 0, ap: 0.3), run("byol", 1, ap: 0.9), run("e-diy", 0, ap: 0.32), run("e-diy", 0, ap: 0.5)])
        #expect(report.headline.hasPrefix("E-DIY is ahead of BYOL by 2.0 box AP"))
        #expect(report.notes.contains { $0.contains("e-diy, seed 0, of which there is one already") })
        #expect(report.notes.contains("byol has seed 1 and e-diy has not: left out where the two are compared"))
        let apart = try self.report([run("byol", 0, ap: 0.3), run("e-diy", 1, ap: 0.3)])
        #expect(apart.finding == "No seed was run with both BYOL and E-DIY: nothing to compare.")
        #expect(try self.report([run("byol", 0, ap: 0.3)]).finding == "Only BYOL was measured: nothing to compare it with.")
    }

    @Test func baselineAndCandidateCanBeNamed() throws {
        var input = try ReportInput(folders: [run("none", 0, ap: 0.2), run("byol", 0, ap: 0.3), run("mine", 0, ap: 0.25)])
        #expect(try Report(input).finding.hasPrefix("mine is ahead of training from scratch by 5.0"))
        input.baseline = "byol"
        #expect(try Report(input).finding.hasPrefix("mine is behind BYOL by 5.0"))
        input.baseline = "mine"
        #expect(try Report(input).finding.hasPrefix("BYOL is ahead of mine by 5.0"))
        input.baseline = nil
        input.candidate = "byol"
        #expect(try Report(input).finding.hasPrefix("BYOL is ahead of training from scratch by 10.0"))
        input.candidate = "none"
        #expect(try Report(input).finding.hasPrefix("training from scratch is behind BYOL by 10.0"))
        input.baseline = "none"
        #expect { try Report(input) } throws: { "\($0)".hasPrefix("baseline and candidate are both none") }
        input.candidate = "nobody"
        #expect { try Report(input) } throws: { "\($0)" == "no finished run of method nobody; there are none, byol, mine" }
    }

    /// What was asked for is compared with something else, and never with itself.
    @Test func aBenchmarkSaysWhatIsCompared() throws {
        var input = ReportInput(folders: [try maker.benchmark()])
        input.resamples = 40
        #expect(try Report(input).finding.hasPrefix("E-DIY is ahead of BYOL by 5.0"))
        for (baseline, found) in [("e-diy", "BYOL is behind E-DIY by 5.0"), ("none", "E-DIY is ahead of training from scratch by 10.0")] {
            input.baseline = baseline
            let report = try Report(input)
            #expect(report.finding.hasPrefix(found), "\(report.finding)")
            #expect(report.json["over_images"]?["bbox"] != nil)
        }
        input.baseline = nil
        input.candidate = "byol"
        #expect(try Report(input).finding.hasPrefix("BYOL is ahead of training from scratch by 5.0"))
        // Of one method there is nothing to draw images for.
        let alone = try Report(ReportInput(folders: ["\(input.folders[0])/byol-seed0/finetune"]))
        #expect(alone.json["candidate"] == .null && alone.json["over_images"] == nil)
        #expect(alone.finding == "Only BYOL was measured: nothing to compare it with.")
    }

    /// Older runs do not know what readers call their method: then a benchmark's file does, or nobody.
    @Test func titlesAreThoseThatRunsOrTheirBenchmarkKept() throws {
        let place = "\(folder)/bench"
        for method in ["byol", "e-diy"] {
            let run = try maker.run(method, 0, ap: 0.3, schema: 1, at: "\(place)/\(method)-seed0/finetune")
            try AtomicFile.write(#"{"iteration":0,"loss":2,"loss_cls":1,"lr":0.1}"# + "\n", to: "\(run)/metrics.jsonl")
        }
        func page() throws -> String {
            let output = "\(folder)/report"
            try report([place]).write(to: output)
            return try String(contentsOfFile: "\(output)/index.html", encoding: .utf8)
        }
        let old: JSON = ["schema": 1, "name": "b", "methods": ["byol", "e-diy"], "seeds": [0], "annotations": "gt.json", "images": "i"]
        try AtomicFile.write(old.text(), to: "\(place)/benchmark.json")
        let bare = try page()
        #expect(bare.contains("<h1>e-diy is level with byol in box AP") && bare.contains("<figcaption>Fine-tuning, loss_cls</figcaption>"))
        try BenchmarkFile(
            name: "b", recipe: nil, annotations: "gt.json", images: "i", methods: ["byol", "e-diy"], seeds: [0], baseline: "e-diy",
            candidate: nil, methodTitles: [("byol", "Bee")], lossTitles: [(.finetune, [("loss_cls", "classes")])]
        ).write(to: place)
        let titled = try page()
        #expect(titled.contains("<h1>Bee is level with e-diy in box AP"))
        #expect(titled.contains("<figcaption>Fine-tuning, classes</figcaption>"))
        #expect(!titled.contains("Fine-tuning, loss"))
    }

    /// A recipe lies somewhere, and times are some machine's: a report says so in each format that people read.
    @Test func itIsSaidHowNumbersAreMadeAgain() throws {
        let markdown = try report([maker.benchmark()]).markdown
        #expect(markdown.contains("ediy benchmark recipes/b.yaml --output \(folder)/bench"))
        #expect(markdown.contains("on the machine below") && markdown.contains("| cores | 2 |"))
        let single = try report([run("byol", 0, ap: 0.3), run("e-diy", 0, ap: 0.3)]).markdown
        #expect(single.contains("ediy finetune RECIPE --backbone BACKBONE --name byol --seed 0"))
    }

    @Test func aRunThatIsNoDetectorsIsLeftOut() throws {
        let report = try report([run("byol", 0, ap: 0.3), run("e-diy", 0, ap: 0.32), maker.run("mine", 0, ap: 0.1, stage: "linear")])
        #expect(report.rows.map(\.method) == ["byol", "e-diy"] && report.notes.count == 1 && report.notes[0].contains("linear evaluation"))
    }

    @Test func everyFileIsWrittenAndEscaped() throws {
        let strange = "<b>|x_$5 & {y}\\"
        let report = try report(
            [run("byol", 0, ap: 0.3), run("e-diy", 0, ap: 0.32), run(strange, 0, ap: 0.1), run("a,\"b\"", 0, ap: 0.1)],
            candidate: "e-diy")
        let output = "\(folder)/report"
        try report.write(to: output)
        func text(_ name: String) throws -> String { try String(contentsOfFile: "\(output)/\(name)", encoding: .utf8) }
        let html = try text("index.html")
        #expect(html.contains("&lt;b&gt;|x_$5 &amp; {y}\\") && !html.contains("<b>|x"))
        for section in ["Methods", "Training", "Protocol", "Environment", "<polyline", "arXiv 2106.00537"] {
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
        #expect(json["schema"] == 4 && json["baseline"] == "byol" && json["candidate"] == "e-diy")
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

    @Test func manyCategoriesAreCorrectedFor() throws {
        let folders = try (0..<4).flatMap { seed -> [String] in
            let shift = 0.001 * Double(seed % 2)
            // Each has a gain of its own spread, but every seventh, which has none and so no test: only the first stands once corrected.
            let base = Dictionary(uniqueKeysWithValues: (1...30).map { ($0, 0.3) })
            let gained = base.map { id, ap in (id, id == 1 ? ap + 0.2 + shift : ap + 0.02 * Double((seed * id) % 7 - 3)) }
            return [
                try maker.run("byol", seed, ap: 0.3, categories: base),
                try maker.run("e-diy", seed, ap: 0.31, categories: Dictionary(uniqueKeysWithValues: gained)),
            ]
        }
        #expect(try report(folders).markdown.contains("by Holm's correction for 26 categories: ahead in 1."))
    }

    @Test func zeroHasNoSign() throws {
        let output = "\(folder)/report"
        try seeds([(0.043, 0.02), (-0.004, 0.01), (0.02, 0.03)]).write(to: output)
        let html = try String(contentsOfFile: "\(output)/index.html", encoding: .utf8)
        #expect(html.contains(">0</text>") && html.contains(">5</text>") && !html.contains(">-0<") && !html.contains(">−0<"))
    }

    /// Of a long log few lines are read, but those of an epoch's end, which hold more values, are not lost among the others.
    @Test func whatIsMeasuredOnceAnEpochIsCharted() throws {
        let pretraining = try maker.run("byol", 0, ap: 0, stage: "pretrain")
        let lines = (0..<20_000).map { i in
            let more = i % 400 == 399 ? #","epoch":\#(i / 400 + 1),"mean_pairwise_cosine":0.\#(100 + i / 400)"# : ""
            return #"{"iteration":\#(i * 10),"loss":2,"loss_byol":\#(2 - Double(i) / 20_000)\#(more)}"#
        }
        try AtomicFile.write(lines.joined(separator: "\n"), to: "\(pretraining)/metrics.jsonl")
        let output = "\(folder)/report"
        try report([pretraining, run("byol", 0, ap: 0.3)]).write(to: output)
        let html = try String(contentsOfFile: "\(output)/index.html", encoding: .utf8)
        func points(_ title: String) throws -> Int {
            let chart = try #require(html.components(separatedBy: "<figcaption>\(title)</figcaption>").dropFirst().first)
            let line = try #require(chart.firstMatch(of: /<polyline[^>]*points="([^"]*)"/)?.1)
            return line.split(separator: " ").count
        }
        #expect(try points("Pretraining, region cosine") == 50)
        #expect(try (100...160).contains(points("Pretraining, BYOL&#39;s loss")))
        #expect(html.contains("region cosine by iteration: byol from 0.1 to 0.149"))
        #expect(!html.contains("Pretraining, k-NN"))
    }

    // MARK: - What strangers wrote

    @Test func whatASpreadsheetWouldRunIsText() throws {
        let output = "\(folder)/report"
        try report([run("=HYPERLINK(\"http://x\")", 0, ap: 0.3), run("@SUM(1)", 0, ap: 0.2), run("-2+3", 0, ap: 0.25)]).write(to: output)
        let lines = try String(contentsOfFile: "\(output)/report.csv", encoding: .utf8).components(separatedBy: "\r\n")
        #expect(lines.contains("\"'=HYPERLINK(\"\"http://x\"\")\",,bbox,AP,,0.3,,1"))
        #expect(!lines.contains { line in line.first.map { "=+-@".contains($0) } ?? false })
        #expect(lines.contains { $0.hasPrefix("'-2+3,") } && lines.contains { $0.hasPrefix("'@SUM(1),") })
    }

    @Test func aNameCannotEndItsFence() throws {
        let markdown = try report([run("a\n```\n# b", 0, ap: 0.3), run("c", 0, ap: 0.2)]).markdown
        #expect(!markdown.contains("\n# b |"))
        var input = try ReportInput(folders: [run("byol", 0, ap: 0.3), run("e-diy", 0, ap: 0.32)])
        input.baseline = "byol"
        input.annotations = nil
        input.images = "x\n```\n# mine"
        #expect(try Report(input).markdown.contains("\n````\n") && Report(input).markdown.hasSuffix("\n````\n"))
    }

    @Test func mapsAreDrawnOverTheirImages() throws {
        let (annotations, images) = try maker.groundTruth(4)
        let folders = try [run("byol", 0, ap: 0.3), run("e-diy", 0, ap: 0.32)]
        func map(_ name: String, grid: Int, region: Int) -> RegionSimilarity {
            let similarities = (0..<grid * grid).map { $0 == region ? 1 : 0.25 }
            return RegionSimilarity(fileName: name, grid: grid, region: region, similarities: similarities)
        }
        let regions = RegionsFile(
            RegionNumbers(meanPairwiseCosine: 0.5, effectiveRank: 9),
            maps: [map("0.jpg", grid: 3, region: 4), map("nowhere.jpg", grid: 2, region: 0), map("1.jpg", grid: 65, region: 4)])
        let results = try Data(contentsOf: URL(fileURLWithPath: maker.results("found", finding: { $0 < 3 }, of: 4)))
        for folder in folders {
            try regions.write(to: folder)
            try AtomicFile.write(Array(results), to: "\(folder)/results.json")
        }
        var input = ReportInput(folders: folders)
        (input.annotations, input.images) = (annotations, images)
        let report = try Report(input)
        // Cells of 65 a side could not be told apart.
        #expect(report.notes.count == 1 && report.notes[0].contains("nowhere.jpg"))
        let output = "\(folder)/report"
        try report.write(to: output)
        let html = try String(contentsOfFile: "\(output)/index.html", encoding: .utf8)
        #expect(html.components(separatedBy: "<svg class=\"map\"").count == 3 && html.contains("aria-label=\"0.jpg: e-diy, mean 0.25\""))
        // Nine cells: one is the region itself, of cosine 1.
        #expect(html.components(separatedBy: "fill=\"#fde725\"").count == 3)
    }

    @Test func regionsThatAreNoneAreNamedAndTheRestReported() throws {
        let folders = try [run("byol", 0, ap: 0.3), run("e-diy", 0, ap: 0.32)]
        try AtomicFile.write(#"{"mean_pairwise_cosine":0.5,"maps":["x"]}"#, to: "\(folders[0])/regions.json")
        let report = try report(folders)
        #expect(report.notes.count == 1 && report.notes[0].contains("regions.json: maps[0]: is no object"))
        #expect(report.markdown.contains("| byol | – | – |") && report.markdown.contains("| e-diy | 0.500 | 9.0 |"))
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
        let benchmark: JSON = [
            "schema": 1, "name": "b", "methods": ["byol", "e-diy"], "seeds": [0, 1], "annotations": "gt.json", "images": "i",
        ]
        try AtomicFile.write(benchmark.text(), to: "\(place)/benchmark.json")
        let notes = try report([place]).notes
        #expect(notes.count(where: { $0.contains("has not begun") }) == 2)
        #expect(notes.contains { $0.contains("no images are shown") && $0.contains("gt.json") })
    }

    /// What a method alone has tells it apart; what one of its runs lacks, or both methods have otherwise, is a difference.
    @Test func aMethodsOwnSettingsAreNoDifference() throws {
        func notes(_ first: JSON, _ own: [JSON]) throws -> [String] {
            let tuned = try [run("byol", 0, ap: 0.3), run("e-diy", 0, ap: 0.3), run("e-diy", 1, ap: 0.3)]
            let pretrained =
                try [maker.run("byol", 0, ap: 0, stage: "pretrain", settings: first)]
                + own.enumerated().map { try maker.run("e-diy", $0, ap: 0, stage: "pretrain", settings: $1) }
            return try report(tuned + pretrained).notes.filter { $0.contains("of pretrain") }
        }
        #expect(try notes(["epochs": 4], [["epochs": 4, "grid": 3], ["epochs": 4, "grid": 3]]).isEmpty)
        #expect(
            try notes(["epochs": 4], [["epochs": 4, "grid": 3], ["epochs": 4]])
                == ["the compared runs differ in grid of pretrain: e-diy (seed 0) 3, e-diy (seed 1) not given"])
        #expect(
            try notes(["epochs": 4], [["epochs": 5, "grid": 3], ["epochs": 5, "grid": 3]])
                == ["the compared runs differ in epochs of pretrain: byol 4, e-diy 5"])
    }

    @Test func differencesOfProtocolAreNamed() throws {
        let report = try report([run("byol", 0, ap: 0.3), run("byol", 1, ap: 0.3), run("e-diy", 0, ap: 0.3, settings: ["batch": 16])])
        #expect(report.notes.first == "the compared runs differ in batch of finetune: byol 8, e-diy 16")
        #expect(report.finding.hasPrefix("E-DIY is level with BYOL"))
        #expect(report.headline.hasSuffix(", but the two were not run alike: see the differences below."))
        let mixed = try self.report([run("byol", 0, ap: 0.3), run("byol", 1, ap: 0.3, settings: ["batch": 4])])
        #expect(mixed.notes == ["the compared runs differ in batch of finetune: byol (seed 0) 8, byol (seed 1) 4"])
    }
}
