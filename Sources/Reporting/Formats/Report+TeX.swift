extension Report {
    /// Tables for a paper, in booktabs' style.
    func tex(_ sections: [ReportSection]) -> String {
        let comment = ([headline] + grounds.map { "\($0.title): \($0.text)" } + notes)
            .flatMap { $0.split(whereSeparator: \.isNewline) }.map { "% \($0)" }
        let tables = sections.flatMap(\.blocks).flatMap { block -> [ReportTable] in
            switch block {
            case .tables(let tables): tables
            case .remark, .warning, .details, .charts, .images, .settings, .commands, .file: []
            }
        }
        return (comment + ["% \\usepackage{booktabs}", ""] + tables.flatMap(\.tex)).joined(separator: "\n")
    }
}

extension ReportTable {
    fileprivate var tex: [String] {
        func line(_ cells: [String]) -> String { cells.map(TeX.escaped).joined(separator: " & ") + " \\\\" }
        return [
            "\\begin{table}", "  \\centering", "  \\caption{\(TeX.escaped(title)).}",
            "  \\begin{tabular}{l\(String(repeating: "r", count: header.count - 1))}", "    \\toprule", "    \(line(header))",
            "    \\midrule",
        ] + lines.map { "    \(line([$0.name] + $0.cells.map(\.text)))" } + [
            "    \\bottomrule", "  \\end{tabular}", "\\end{table}", "",
        ]
    }
}
