import ArgumentParser
import Reporting
import Support

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Compare runs, or any detectors: index.html, report.md, .tex, .csv and .json.",
        discussion: """
            Runs of the suite, or COCO results files of any detector with a name each; several files of one name are its seeds.

              ediy report runs/shapes --output runs/shapes/report
              ediy report --results byol=a.json --results mine=b.json --annotations instances_val2017.json --output report
            """)

    @Argument(help: "Benchmark folders, or run folders.") var folders: [String] = []
    @Option(help: ArgumentHelp("A COCO results file of any detector.", valueName: "name=file")) var results: [NamedResults] = []
    @Option(help: "The ground truth; a benchmark folder knows its own.") var annotations: String?
    @Option(help: "The folder of the validation images, to show some; a benchmark folder knows its own.") var images: String?
    @Option(help: "What the others are compared with (default: the benchmark's baseline, or else the first).") var baseline: String?
    @Option(help: "What the finding is about (default: the benchmark's candidate, or else the last).") var candidate: String?
    @Option(help: "How often the images are drawn for intervals over them; 0 leaves these out.") var resamples = 1000
    @Option(help: "Decides those draws, and the images shown by chance.") var seed = Seed(0)
    @Option(help: "The folder to write to.") var output: String

    func validate() throws {
        guard !folders.isEmpty || !results.isEmpty else { throw ValidationError("Name run folders, or --results NAME=FILE.") }
        guard results.isEmpty || annotations != nil else { throw ValidationError("--results needs --annotations.") }
        guard resamples == 0 || (40...100_000).contains(resamples) else {
            throw ValidationError("--resamples must be 0, or 40 to 100000")
        }
    }

    func run() throws {
        var input = ReportInput(folders: folders)
        input.results = results.map { ($0.name, $0.file) }
        input.annotations = annotations
        input.images = images
        input.baseline = baseline
        input.candidate = candidate
        input.resamples = resamples
        input.seed = seed.value
        try Self.write(input, to: output)
    }

    /// Writes the report, says what is to be known of it on standard error, and where it lies.
    static func write(_ input: ReportInput, to output: String) throws {
        let report = try Report(input)
        try report.write(to: output)
        for note in report.notes { StandardError.line(note) }
        print(report.headline)
        for ground in report.grounds { print("  \(ground.title). \(ground.text)") }
        print("\(output)/index.html")
    }
}

/// `NAME=FILE`.
struct NamedResults: ExpressibleByArgument {
    let name: String
    let file: String

    init?(argument: String) {
        guard let mark = argument.firstIndex(of: "="), mark > argument.startIndex, argument.index(after: mark) < argument.endIndex else {
            return nil
        }
        name = String(argument[..<mark])
        file = String(argument[argument.index(after: mark)...])
    }
}
