import Foundation
import Reporting
import Support
import Testing

/// A section is given once: every format has what it can show of it.
@Suite struct SectionTests {
    private let maker: RunMaker

    init() throws { maker = try RunMaker() }

    @Test func everyFormatHasTheSectionsInTheirOrder() throws {
        let output = "\(maker.folder)/report"
        let report = try Report(ReportInput(folders: [maker.benchmark()]))
        try report.write(to: output)
        func text(_ name: String) throws -> String { try String(contentsOfFile: "\(output)/\(name)", encoding: .utf8) }
        let html = try text("index.html"), markdown = try text("report.md")
        let shown = html.matches(of: /<h2 id="\w+">(.*?)<\/h2>/).map { String($0.1) }.filter { $0 != "To be known first" }
        #expect(shown.first == "Methods" && shown.last == "Environment, and how to make it again" && shown.count > 9)
        #expect(html.matches(of: /<a href="#\w+">/).count == shown.count)
        // Charts and images are the page's; all else is Markdown's too, in the same order.
        let written = markdown.matches(of: /\n## (.*)\n/).map { String($0.1) }
        let charts = ["Precision by recall", "Detections beside ground truth", "Training"]
        #expect(written.count > 6 && written == shown.filter(written.contains))
        #expect(charts.allSatisfy { shown.contains($0) && !written.contains($0) })
        // Each table but the details is for a paper too.
        let tables = markdown.matches(of: /\n### (.*)\n/).map { String($0.1) }
        let paper = try text("report.tex").components(separatedBy: "\\begin{table}").count - 1
        #expect(tables.count > 8 && paper == tables.count)
        #expect(tables.contains("Gain of E-DIY over BYOL, by size") && tables.allSatisfy { html.contains("<caption>\($0)</caption>") })
        let remark = "Small: up to 32² pixels"
        #expect(html.contains(remark) && markdown.contains(remark))
        let json = try JSON.read("\(output)/report.json")
        for key in ["over_images", "precision_by_recall", "errors", "categories", "differences", "environment", "commands", "notes"] {
            #expect(json[key] != nil, "\(key)")
        }
        for key in ["title", "seeds", "bbox", "segm_gain", "fine_tuning", "regions", "bbox_by_category"] {
            #expect(json["methods"]?.array?[2][key] != nil, "\(key)")
        }
    }

    /// A method's numbers stand together in report.csv: of boxes, by category, then of masks.
    @Test func numbersStandByMethodAndType() throws {
        let output = "\(maker.folder)/report"
        try Report(ReportInput(folders: [maker.benchmark()])).write(to: output)
        let lines = try String(contentsOfFile: "\(output)/report.csv", encoding: .utf8).split(separator: "\r\n").dropFirst()
        let kinds = lines.map { $0.split(separator: ",", omittingEmptySubsequences: false) }.map { "\($0[0]) \($0[2]) \($0[4].isEmpty)" }
        let changes = kinds.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
        #expect(
            changes
                == ["none", "byol", "e-diy"].flatMap { method in
                    ["bbox", "segm"].flatMap { ["\(method) \($0) true", "\(method) \($0) false"] }
                })
    }

    /// What methods are called is the runs' and the recipe's to say. Figures of others are data.
    @Test func noMethodIsNamedInTheSources() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Sources/Reporting").path
        let files = try #require(FileManager.default.enumerator(atPath: root)).compactMap { $0 as? String }
            .filter { $0.hasSuffix(".swift") && !$0.hasPrefix("Published/") }
        #expect(files.count > 20)
        for file in files {
            let text = try String(contentsOfFile: "\(root)/\(file)", encoding: .utf8).lowercased()
            for name in ["byol", "e-diy", "simsiam", "moco", "densecl", "vicreg"] { #expect(!text.contains(name), "\(file): \(name)") }
        }
    }
}
