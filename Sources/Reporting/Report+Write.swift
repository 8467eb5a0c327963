import COCO
import Foundation
import Support

extension Report {
    /// Writes index.html, report.md, report.tex, report.csv and report.json, each whole or not at all.
    ///
    /// - Throws: `UserError` when the folder cannot be written.
    public func write(to folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw UserError("cannot be made", file: folder, remedy: "check the path and the permissions")
        }
        try AtomicFile.write(json.text(pretty: true) + "\n", to: "\(folder)/report.json")
        try AtomicFile.write(csv, to: "\(folder)/report.csv")
        try AtomicFile.write(markdown, to: "\(folder)/report.md")
        try AtomicFile.write(tex, to: "\(folder)/report.tex")
        try AtomicFile.write(html(), to: "\(folder)/index.html")
    }

    /// The same for a README or an issue.
    public var markdown: String {
        func line(_ cells: [String]) -> String { "| " + cells.map(Markdown.escaped).joined(separator: " | ") + " |" }
        func table(_ table: ReportTable) -> [String] {
            ["## \(Markdown.escaped(table.title))", "", line(table.header), "| --- |" + table.header.dropFirst().map { _ in " ---: |" }.joined()]
                + table.lines.map { line([$0.name] + $0.cells.map(\.text)) } + [""]
        }
        var parts = ["# \(Markdown.escaped(headline))", ""]
        if !grounds.isEmpty {
            parts += grounds.map { "- **\(Markdown.escaped($0.title)).** \(Markdown.escaped($0.text))" } + [""]
        }
        if !notes.isEmpty { parts += ["## To be known first", ""] + notes.map { "- \(Markdown.escaped($0))" } + [""] }
        parts += (ReportTable.methods(self) + [ReportTable.sizes(self)].compactMap(\.self)).flatMap(table)
        parts += [Markdown.escaped(legend), ""]
        if let regions = ReportTable.regions(self) { parts += table(regions) + [Markdown.escaped(Self.regionLegend), ""] }
        let errors = types.compactMap { ReportTable.errors(self, $0) }
        if !errors.isEmpty { parts += errors.flatMap(table) + [Markdown.escaped(Self.errorLegend), ""] }
        for categories in types.compactMap({ CategoryTable(self, $0) }) {
            parts += ["<details><summary>\(categories.table.title) by category</summary>", ""] + table(categories.table)
            parts += (categories.remark.isEmpty ? [] : [Markdown.escaped(categories.remark), ""]) + ["</details>", ""]
        }
        parts += table(ReportTable.published) + ["Published figures are for context: nothing of them was measured here.", ""]
        parts += ["## Made again by", "", Markdown.fenced(reproduction.commands.joined(separator: "\n"))]
        return parts.joined(separator: "\n") + "\n"
    }

    /// Tables for a paper, in booktabs' style.
    var tex: String {
        func table(_ table: ReportTable) -> [String] {
            func line(_ cells: [String]) -> String { cells.map(TeX.escaped).joined(separator: " & ") + " \\\\" }
            return [
                "\\begin{table}", "  \\centering", "  \\caption{\(TeX.escaped(table.title)).}",
                "  \\begin{tabular}{l\(String(repeating: "r", count: table.header.count - 1))}", "    \\toprule",
                "    \(line(table.header))", "    \\midrule",
            ] + table.lines.map { "    \(line([$0.name] + $0.cells.map(\.text)))" } + [
                "    \\bottomrule", "  \\end{tabular}", "\\end{table}", "",
            ]
        }
        let comment = ([headline] + grounds.map { "\($0.title): \($0.text)" } + notes).flatMap { $0.split(whereSeparator: \.isNewline) }.map { "% \($0)" }
        let tables =
            ReportTable.methods(self) + [ReportTable.sizes(self), ReportTable.regions(self)].compactMap(\.self)
            + types.compactMap { ReportTable.errors(self, $0) }
        return (comment + ["% \\usepackage{booktabs}", ""] + tables.flatMap(table)).joined(separator: "\n")
    }

    /// Every number, a line each: of a method over its seeds, of each run, and by category.
    var csv: String {
        func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        var lines = [["method", "seed", "type", "number", "category", "value", "half_width_95", "seeds"]]
        for row in rows {
            for type in types.map(\.rawValue) {
                for name in ReportTable.precision + ReportTable.recall {
                    let estimate = row.estimate(name, type)
                    lines.append([row.method, "", type, name, "", number(estimate?.mean), number(estimate?.halfWidth), "\(estimate?.count ?? 0)"])
                    lines += row.runs.map { [row.method, "\($0.seed)", type, name, "", number($0.number(name, type)), "", "1"] }
                }
                let names = Dictionary(categories) { $1 }
                for run in row.runs {
                    lines += run.categoryAP(type).map { id, ap in
                        [row.method, "\(run.seed)", type, "AP", names[id] ?? id, number(ap), "", "1"]
                    }
                }
            }
        }
        return lines.map { $0.map(CSV.escaped).joined(separator: ",") + "\r\n" }.joined()
    }

    var hasSeeds: Bool { rows.contains { $0.runs.count > 1 } }

    /// How the tables of methods are to be read.
    var legend: String {
        "AP in hundredths, mean over seeds" + (hasSeeds ? " ± half a 95% interval by Student's t" : "; one seed gives no interval")
            + ". Gain: AP over \(baseline.title), paired by seed"
            + (hasSeeds ? "; p: of the paired t test" : "")
            + (hasSeeds && rows.count > 2 ? "; p, Holm: corrected for the number of methods held against it." : ".")
            + " Time: the training loop's, on the machine below."
    }

    static let regionLegend =
        "Region cosine: the mean cosine of two regions of one image, 1 when the backbone takes all for the same, which E-DIY's paper"
        + " says of BYOL. Effective rank: how many directions the region features fill."

    /// What TIDE's words mean.
    static let errorLegend =
        "By TIDE (arXiv 2008.08115), mean over seeds: what AP50 would gain if each kind of error alone were mended. "
        + ErrorAnalysis.Kind.allCases.map { "\($0.rawValue): \($0.explanation)" }.joined(separator: "; ")
        + "; FP: all false positives; FN: all objects not found. TIDE's AP50 counts 0 for a category that is detected and has no objects,"
        + " which COCO's leaves out."
}
