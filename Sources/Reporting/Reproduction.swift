import Foundation
import Runs

/// How a report's numbers are made again.
struct Reproduction {
    /// The recipe that the runs kept, where they are of one benchmark.
    let recipe: (name: String, text: String)?
    let commands: [String]

    init(_ input: ReportInput, _ benchmarks: [(folder: String, file: BenchmarkFile)], _ runs: [RunRecord]) {
        var commands: [String] = []
        var recipe: (name: String, text: String)?
        for folder in input.folders {
            if let benchmark = benchmarks.first(where: { $0.folder == folder })?.file {
                let kept = runs.first { $0.path.hasPrefix("\(folder)/") && $0.stage == .finetune }
                let text = kept.flatMap { try? String(contentsOfFile: "\($0.path)/recipe.yaml", encoding: .utf8) }
                // An older benchmark does not know where its recipe lay, but its runs kept it.
                let name = benchmark.recipe ?? kept.flatMap { run in text.map { _ in "\(run.path)/recipe.yaml" } } ?? "RECIPE"
                if recipe == nil, let text { recipe = (name, text) }
                let needsData = kept?.settings.contains { $0.name == "dataset.kind" && $0.value == "coco" } ?? false
                commands.append("ediy benchmark \(Self.quoted(name))\(needsData ? " --data COCO" : "") --output \(Self.quoted(folder))")
            } else if let run = runs.first(where: { $0.path == folder }) {
                commands.append(Self.command(run))
            }
        }
        var report = ["ediy report"] + input.folders.map(Self.quoted)
        report += input.results.map { "--results \(Self.quoted("\($0.name)=\($0.file)"))" }
        func option(_ name: String, _ value: String?) { if let value { report.append("--\(name) \(Self.quoted(value))") } }
        option("annotations", input.annotations)
        option("images", input.images)
        option("baseline", input.baseline)
        option("candidate", input.candidate)
        let standard = ReportInput(folders: [])
        option("resamples", input.resamples == standard.resamples ? nil : "\(input.resamples)")
        option("seed", input.seed == standard.seed ? nil : "\(input.seed)")
        self.recipe = recipe
        self.commands = commands + [(report + ["--output report"]).joined(separator: " ")]
    }

    private static func command(_ run: RunRecord) -> String {
        let place = "--seed \(run.seed) --output \(quoted(run.path))"
        guard run.stage != .pretrain else { return "ediy pretrain RECIPE --method \(quoted(run.method)) \(place)" }
        let recipe = FileManager.default.fileExists(atPath: "\(run.path)/recipe.yaml") ? quoted("\(run.path)/recipe.yaml") : "RECIPE"
        let backbone = run.file.description.backbone.map(quoted) ?? "BACKBONE"
        return "ediy finetune \(recipe) --backbone \(backbone) --name \(quoted(run.method)) \(place)"
    }

    /// A word as a shell reads it.
    private static func quoted(_ word: String) -> String {
        let plain = word.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_./=:,+".unicodeScalars.contains($0))
        }
        return plain && !word.isEmpty ? word : "'\(word.replacingOccurrences(of: "'", with: "'\\''"))'"
    }
}
