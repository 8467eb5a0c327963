import Support

extension Report {
    /// The sections that this report has, in the order of reading.
    var sections: [ReportSection] { ReportSection.all.compactMap { $0(self) } }

    /// Writes index.html, report.md, report.tex, report.csv and report.json, each whole or not at all.
    ///
    /// - Throws: `UserError` when the folder cannot be written.
    public func write(to folder: String) throws {
        let sections = sections
        try Folder.make(folder)
        try AtomicFile.write(json(sections).text(pretty: true) + "\n", to: "\(folder)/report.json")
        try AtomicFile.write(csv(sections), to: "\(folder)/report.csv")
        try AtomicFile.write(markdown(sections), to: "\(folder)/report.md")
        try AtomicFile.write(tex(sections), to: "\(folder)/report.tex")
        try AtomicFile.write(html(sections), to: "\(folder)/index.html")
    }
}
