import ArgumentParser
import Benchmarking
import Reporting
import Support
import Torch
import Training

struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark", abstract: "Run all of a recipe, each method and seed, and write the report.",
        discussion: """
            Stages that are finished are skipped, and one that was stopped goes on: run the same command again.

              ediy benchmark benchmarks/shapes.yaml
              ediy benchmark benchmarks/coco-mini.yaml --data ~/data/coco-mini

            Pretraining on ImageNet, detection on COCO:
              ediy benchmark benchmarks/imagenet-byol-100ep.yaml --images ~/imagenet/train --data ~/coco

            What it would take, on a device that trains at 60 TFLOP/s:
              ediy benchmark benchmarks/coco-r50-fpn-1x.yaml --data ~/data/coco --dry-run --tflops 60
            """)

    @Argument(help: "The recipe, a YAML file; see benchmarks/.") var recipe: String
    @Option(help: "The benchmark's folder; runs/NAME by default.") var output: String?
    @Option(help: "The COCO folder, for recipes that need one.") var data: String?
    @OptionGroup var sources: PretrainingImages
    @OptionGroup var place: DeviceOptions
    @Flag(help: "Only print what would run, with its parameters, operations and memory an image, and hours.") var dryRun = false
    @Option(help: "With --dry-run: 10¹² operations a second that the device reaches in training.") var tflops: Double?
    @Option(help: "With --dry-run: images a second that it reaches in training.") var imagesPerSecond: Double?

    func validate() throws {
        let rates = [tflops, imagesPerSecond].compactMap { $0 }
        guard rates.count < 2 else { throw ValidationError("name --tflops or --images-per-second, not both") }
        guard dryRun || rates.isEmpty else { throw ValidationError("--tflops and --images-per-second are for --dry-run") }
        guard rates.allSatisfy({ $0 > 0 && $0.isFinite }) else { throw ValidationError("a speed must be above 0") }
    }

    func run() throws {
        let loaded = try Recipe(reading: recipe)
        if dryRun {
            let plan = BenchmarkPlan(loaded, unlabeledImages: try loaded.dataset.unlabeledCount(in: data, images: sources.images))
            print(plan.text(tflops.map(BenchmarkPlan.Speed.tflops) ?? imagesPerSecond.map(BenchmarkPlan.Speed.imagesPerSecond)))
            return
        }
        let folder = output ?? "runs/\(loaded.name)"
        let group = try ProcessGroup.fromEnvironment()
        let stop = StopSignal.listening()
        let benchmark = try Benchmark(
            loaded, data: data, images: sources.images, watched: sources.watch, folder: folder,
            device: place.device, stop: stop, group: group)
        guard try benchmark.run() else { throw ExitCode(stop.status) }
        guard group.isLeader else { return }
        try ReportCommand.write(ReportInput(folders: [folder]), to: "\(folder)/report")
    }
}
