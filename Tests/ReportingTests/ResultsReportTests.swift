import COCO
import Foundation
import Reporting
import Support
import Testing

/// Reports of plain results files, as a user of another detector has them.
@Suite struct ResultsReportTests {
    private let maker: RunMaker

    init() throws { maker = try RunMaker() }

    private func input(_ count: Int = 24) throws -> ReportInput {
        let (annotations, images) = try maker.groundTruth(count)
        var input = ReportInput(folders: [])
        input.annotations = annotations
        input.images = images
        input.resamples = 200
        input.results = [
            ("old", try maker.results("a0", finding: { $0 % 2 == 0 }, of: count)),
            ("new", try maker.results("b0", finding: { $0 % 4 != 1 }, of: count)),
        ]
        return input
    }

    @Test func anyDetectorsAreCompared() throws {
        let report = try Report(input())
        // old finds all of one category and none of the other; new half of the other's 12 more: 51 of 101 recall points.
        #expect(report.headline.hasPrefix("new is ahead of old by 25.2 box AP and 25.2 mask AP (one seed each, 24 images): no evidence"))
        let overImages = try #require(report.grounds.first { $0.title == "Over images" }?.text)
        #expect(overImages.contains("Paired bootstrap over the 24 validation images") && overImages.contains("Both leave out 0."))
        #expect(overImages.hasSuffix("So few images make it rough."))
        #expect(report.grounds.last?.text.contains("only more seeds can tell") == true)
        let json = report.json
        let line = try #require(json["over_images"]?["bbox"]?["by_size"]?["all"])
        let interval = try #require(line["interval"]?.array).compactMap(\.double)
        #expect(abs(line["difference"]!.double! - 51.0 / 202) < 1e-12 && interval[0] > 0.05 && interval[1] < 0.45)
        let curve = try #require(json["precision_by_recall"]?.array?.first { $0["method"] == "new" && $0["type"] == "bbox" })
        let precision = try #require(curve["iou_0.50"]?.array).compactMap(\.double)
        #expect(precision.count == 101 && precision[50] == 1 && precision[51] == 0.5)
        #expect(report.notes.count == 2 && report.notes.allSatisfy { $0.contains("not its protocol") })
        // old misses the other category whole, and is never wrong.
        let errors = try #require(json["errors"]?.array?.first { $0["method"] == "old" && $0["type"] == "segm" })
        #expect(errors["AP50"]?["mean"]?.double == 0.5 && errors["costs"]?["Miss"]?["mean"]?.double == 0.5)
        #expect(errors["costs"]?["Bkg"]?["mean"]?.double == 0 && errors["false_negatives"]?["mean"]?.double == 0.5)
        #expect(report.markdown.contains("## Masks: AP50 lost to each kind of error"))
    }

    /// All draws of one image are that image, and an interval over them would leave out 0 whatever differs.
    @Test(arguments: [(1, "One image cannot tell"), (4, "4 images cannot tell")])
    func fewImagesTellNothing(_ count: Int, _ told: String) throws {
        let (annotations, images) = try maker.groundTruth(count)
        var input = ReportInput(folders: [])
        (input.annotations, input.images) = (annotations, images)
        input.results = [
            ("old", try maker.results("a", finding: { _ in false }, of: count)),
            ("new", try maker.results("b", finding: { _ in true }, of: count)),
        ]
        let report = try Report(input)
        let overImages = try #require(report.grounds.first { $0.title == "Over images" }?.text)
        #expect(overImages.contains(told) && !overImages.contains("leave out 0"), "\(overImages)")
        #expect(!report.grounds.contains { $0.title == "Together" } && report.json["over_images"] == nil)
    }

    @Test func imagesAreChosenByRule() throws {
        let output = "\(maker.folder)/report"
        try Report(input()).write(to: output)
        let html = try String(contentsOfFile: "\(output)/index.html", encoding: .utf8)
        // Images 3, 7, 11 are the first that only new finds; it loses none.
        for i in [3, 7, 11] { #expect(html.contains("<h3>\(i).jpg, largest gain: AP of this image 0.0 → 100.0</h3>")) }
        #expect(!html.contains("largest loss") && html.components(separatedBy: "by chance</h3>").count == 4)
        #expect(html.components(separatedBy: "data:image/jpeg;base64,").count == 1 + 6 * 3)
        #expect(html.contains("&lt;i&gt;square") && !html.contains("<i>square"))
    }

    @Test func filesOfOneNameAreItsSeeds() throws {
        var input = try input()
        input.results += [
            ("old", try maker.results("a1", finding: { $0 % 2 == 0 }, of: 24)),
            ("new", try maker.results("b1", finding: { $0 % 4 != 1 || $0 == 1 }, of: 24)),
        ]
        #expect(try Report(input).finding.contains("box AP") && Report(input).finding.contains("(95% over 2 seeds, 24 images)"))
    }

    @Test func boxesAloneAreReportedWithoutMasks() throws {
        var input = try input()
        input.results = try ["old", "new"].map { name in
            let path = "\(maker.folder)/\(name)-boxes.json"
            try AtomicFile.write(#"[{"image_id":1,"category_id":3,"bbox":[10,10,20,20],"score":0.9}]"#, to: path)
            return (name, path)
        }
        let report = try Report(input)
        #expect(report.finding.hasPrefix("new is level with old in box AP (one seed each, 24 images)"))
        #expect(!report.markdown.contains("## Masks"))
    }

    /// What a run keeps of its detections is what a report would make of them; what is no analysis is made again.
    @Test func aKeptAnalysisIsUsed() throws {
        let place = try maker.benchmark()
        let dataset = try Dataset.read("\(maker.folder)/gt.json")
        func parts() throws -> [JSON?] {
            let json = try Report(ReportInput(folders: [place])).json
            return [json["precision_by_recall"], json["errors"], json["over_images"]]
        }
        let made = try parts()
        let run = "\(place)/e-diy-seed0/finetune"
        let results = try Results.read("\(run)/results.json")
        let evaluations = try IoUType.detection.map { ($0, try Evaluator().evaluate(results, against: dataset, by: $0)) }
        let kept = try RunAnalysis(results, evaluations, against: dataset).json.text()
        try AtomicFile.write(kept, to: "\(run)/analysis.json")
        #expect(try parts() == made)
        let other = kept.replacingOccurrences(of: #""AP50":0."#, with: #""AP50":0.9"#)
        #expect(other != kept)
        try AtomicFile.write(other, to: "\(run)/analysis.json")
        #expect(try parts()[1] != made[1])
        for broken in ["{", "[]", #"{"schema":2}"#, kept.replacingOccurrences(of: "Loc", with: "loc")] {
            try AtomicFile.write(broken, to: "\(run)/analysis.json")
            #expect(try parts() == made)
        }
    }

    @Test func whatDoesNotBelongTogetherIsNamed() throws {
        var input = try input()
        let other = "\(maker.folder)/other.json"
        try AtomicFile.write(#"[{"image_id":99,"category_id":3,"bbox":[10,10,20,20],"score":0.9}]"#, to: other)
        input.results.append(("stray", other))
        let report = try Report(input)
        #expect(report.rows.count == 2 && report.notes.contains { $0.contains("other.json") && $0.contains("image 99") })
        input.images = "\(maker.folder)/nowhere"
        #expect(try Report(input).notes.contains { $0.contains("no images are shown") })
        input.annotations = nil
        #expect { try Report(input) } throws: { "\($0)".contains("--annotations") }
    }
}
