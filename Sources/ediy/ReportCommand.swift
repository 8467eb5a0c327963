import ArgumentParser
import Reporting
import Support

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Compare runs: report.json, report.md and index.html.",
        discussion: """
              ediy report runs/shapes --output runs/shapes/report
            """)

    @Argument(help: "Benchmark folders, or run folders.") var folders: [String]
    @Option(help: "The folder to write to.") var output: String

    func run() throws {
        try Self.write(folders, to: output)
    }

    /// Writes the report, says what is to be known of it on standard error, and where it lies.
    static func write(_ folders: [String], to output: String) throws {
        let report = try Report(reading: folders)
        try report.write(to: output)
        for note in report.notes { StandardError.line(note) }
        print("\(report.finding)\n\(output)/index.html")
    }
}
