import ArgumentParser
import Benchmarking
import Reporting
import Support

struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark", abstract: "Run all of a recipe, each method and seed, and write the report.",
        discussion: """
            Stages that are finished are skipped, and one that was stopped goes on: run the same command again.

              ediy benchmark benchmarks/shapes.yaml
              ediy benchmark benchmarks/coco-mini.yaml --data ~/data/coco-mini
            """)

    @Argument(help: "The recipe, a YAML file; see benchmarks/.") var recipe: String
    @Option(help: "The benchmark's folder; runs/NAME by default.") var output: String?
    @Option(help: "The COCO folder, for recipes that need one.") var data: String?
    @OptionGroup var place: DeviceOptions

    func run() throws {
        let loaded = try Recipe(reading: recipe)
        let folder = output ?? "runs/\(loaded.name)"
        let benchmark = try Benchmark(loaded, path: recipe, data: data, folder: folder, device: place.device, stop: .listening())
        guard try benchmark.run() else { throw ExitCode(130) }
        try ReportCommand.write(ReportInput(folders: [folder]), to: "\(folder)/report")
    }
}
