extension Report {
    /// For a README or an issue.
    public var markdown: String { markdown(sections) }

    func markdown(_ sections: [ReportSection]) -> String {
        var parts = ["# \(Markdown.escaped(headline))", ""]
        if !grounds.isEmpty {
            parts += grounds.map { "- **\(Markdown.escaped($0.title)).** \(Markdown.escaped($0.text))" } + [""]
        }
        if !notes.isEmpty { parts += ["## To be known first", ""] + notes.map { "- \(Markdown.escaped($0))" } + [""] }
        for section in sections {
            let blocks = section.blocks.flatMap(\.markdown)
            // Charts and images are the page's.
            if !blocks.isEmpty { parts += ["## \(Markdown.escaped(section.title))", ""] + blocks }
        }
        // One line ends the last block, and the text.
        return parts.dropLast().joined(separator: "\n") + "\n"
    }
}

extension ReportSection.Block {
    /// Lines, an empty one after each paragraph; none of what Markdown cannot show.
    fileprivate var markdown: [String] {
        switch self {
        case .remark(let text): [Markdown.escaped(text), ""]
        case .warning(let text, let lines): ["**\(Markdown.escaped(text))**", ""] + lines.map { "- \(Markdown.escaped($0))" } + [""]
        case .tables(let tables): tables.flatMap { ["### \(Markdown.escaped($0.title))", ""] + $0.markdown }
        case .details(let tables): tables.flatMap { Markdown.folded($0.title, $0.markdown) }
        case .charts, .images: []
        case .settings(let settings):
            settings.isLong ? Markdown.folded(settings.title ?? settings.columns.0, settings.markdown) : settings.markdown
        case .commands(let commands): [Markdown.fenced(commands.joined(separator: "\n")), ""]
        // It lies in each run's folder.
        case .file: []
        }
    }
}

extension ReportTable {
    fileprivate var markdown: [String] {
        [Markdown.line(header), "| --- |" + header.dropFirst().map { _ in " ---: |" }.joined()]
            + lines.map { line in
                let cells = line.cells.map { cell in
                    cell.url.map { "[\(Markdown.escaped(cell.text))](\($0))" } ?? Markdown.escaped(cell.text)
                }
                return "| " + ([Markdown.escaped(line.name)] + cells).joined(separator: " | ") + " |"
            } + [""] + (remark.isEmpty ? [] : [Markdown.escaped(remark), ""])
    }
}

extension SettingsTable {
    fileprivate var markdown: [String] {
        [Markdown.line([columns.0, columns.1]), "| --- | --- |"]
            + lines.map { Markdown.line([$0.name + ($0.differs ? " (differs)" : ""), $0.value]) } + [""]
    }
}

extension Markdown {
    fileprivate static func line(_ cells: [String]) -> String { "| " + cells.map(escaped).joined(separator: " | ") + " |" }

    fileprivate static func folded(_ title: String, _ lines: [String]) -> [String] {
        ["<details><summary>\(HTML.escaped(title))</summary>", ""] + lines + ["</details>", ""]
    }
}
