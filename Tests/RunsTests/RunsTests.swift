import Foundation
import Runs
import Support
import TestSupport
import Testing

/// What a run folder holds, written and read back, and read as strangers and older programs left it.
@Suite struct RunsTests {
    private let scratch: Scratch
    private var folder: String { scratch.path }

    init() throws { scratch = try Scratch() }

    private func description(
        method: String = "mine", seed: UInt64 = 7, settings: [(name: String, value: JSON)] = [("batch", 8), ("rate", 0.5), ("norm", "bn")]
    ) -> RunDescription {
        RunDescription(
            stage: .pretrain, method: method, seed: seed, dataset: "d", settings: settings,
            titles: .init(method: "Mine", losses: [("loss_b", "the second"), ("loss_a", "the first")]))
    }

    // MARK: - Written and read back

    @Test func aRunIsReadAsItWasWritten() throws {
        let run = RunFile(
            description(), status: .stopped, cost: RunCost(images: 12, seconds: 3.25), environment: [("cores", "2"), ("system", "x")])
        try run.write(to: folder)
        let read = try RunFile(reading: folder)
        #expect(read.json == run.json && read.status == .stopped && read.cost == RunCost(images: 12, seconds: 3.25))
        #expect(read.description.difference(from: run.description) == nil)
        #expect(read.description.titles.method == "Mine" && read.description.titles.losses.map(\.title) == ["the second", "the first"])
        // What is not known stays unknown.
        let bare = RunDescription(stage: .linear, method: "m", seed: 0, dataset: "", settings: [])
        try RunFile(bare, status: .running, cost: nil, environment: []).write(to: folder)
        let other = try RunFile(reading: folder)
        #expect(other.cost == nil && other.description.titles.method == nil && other.description.stage == .linear)
    }

    @Test func regionsAreReadAsTheyWereWritten() throws {
        let numbers = RegionNumbers(
            meanPairwiseCosine: 0.25, effectiveRank: 9.5, globalRank: 3, featureDeviation: 0.01, channels: 128, neighbourAccuracy: 0.5)
        let map = RegionSimilarity(fileName: "a.jpg", grid: 2, region: 1, similarities: [0.12345, 1, -0.5, 0])
        let regions = RegionsFile(numbers, untrained: RegionNumbers(meanPairwiseCosine: 0.9, effectiveRank: 2), maps: [map])
        try regions.write(to: folder)
        let read = try #require(try RegionsFile(reading: folder))
        #expect(read.numbers == numbers && read.untrained == regions.untrained && read.maps == [map])
        #expect(map.similarities[0] == 0.123 && abs(map.mean - (0.123 - 0.5) / 3) < 1e-12)
        #expect(try RegionsFile(reading: "\(folder)/nowhere") == nil)
        // What was no number is missing, and not 0.
        try RegionsFile(RegionNumbers(meanPairwiseCosine: .nan, effectiveRank: 1)).write(to: folder)
        #expect(try RegionsFile(reading: folder)?.numbers.meanPairwiseCosine == nil)
    }

    @Test func aBenchmarkIsReadAsItWasWritten() throws {
        let benchmark = BenchmarkFile(
            name: "b", recipe: "benchmarks/b.yaml", annotations: "dataset/gt.json", images: "/images", methods: ["a", "b"], seeds: [3, 4],
            baseline: "a", candidate: "b", methodTitles: [("b", "B")], lossTitles: [(.pretrain, [("loss_b", "B's loss")]), (.finetune, [])])
        try benchmark.write(to: folder)
        let read = try #require(try BenchmarkFile(reading: folder))
        #expect(read.methods == ["a", "b"] && read.seeds == [3, 4] && read.baseline == "a" && read.recipe == "benchmarks/b.yaml")
        #expect(read.methodTitles.map(\.title) == ["B"])
        #expect(read.lossTitles.first { $0.stage == .pretrain }?.titles.map(\.title) == ["B's loss"])
        #expect(BenchmarkFile.runFolder("a", 3, .finetune) == "a-seed3/finetune")
    }

    @Test func categoriesAreReadAsTheyWereWritten() throws {
        try CategoriesFile([(7, "cat"), (3, "dog")]).write(to: folder)
        #expect(try CategoriesFile(reading: folder).categories.map(\.id) == [7, 3])
    }

    @Test func aLineOfMetricsIsReadAsItWasWritten() throws {
        let line = MetricsLine(iteration: 3, values: [("loss", 1.5), ("odd", .nan)], learningRate: 0.1, seconds: 1.23456)
        #expect(line.text == #"{"iteration":3,"loss":1.5,"odd":null,"lr":0.1,"seconds":1.235}"# + "\n")
        let read = try #require(MetricsLine(parsing: line.text.utf8))
        #expect(read.iteration == 3 && read.values.map(\.name) == ["loss", "lr", "seconds"] && read.values[0].value == 1.5)
        #expect(MetricsLine(parsing: line.text.utf8.dropLast(9)) == nil)
    }

    @Test func aLogIsReadUpToALineThatWasCutShort() throws {
        let lines = (0..<3).map { MetricsLine(iteration: 10 * $0, values: [("loss", Double($0))], learningRate: 1, seconds: 0).text }
        try AtomicFile.write(lines.joined() + #"{"iteration":30,"lo"#, to: "\(folder)/\(MetricsLine.file)")
        let curves = try MetricsCurves(reading: folder)
        #expect(curves["loss"].map(\.x) == [0, 10, 20] && curves["loss"].map(\.y) == [0, 1, 2] && curves.last?.iteration == 20)
        #expect(curves.names == ["loss", "lr", "seconds"] && curves["nothing"].isEmpty)
    }

    // MARK: - What two runs differ in

    @Test func theFirstDifferenceIsTold() throws {
        let old = description()
        func told(_ other: RunDescription) -> String? {
            other.difference(from: old).map { "\($0.name): \($0.was?.text() ?? "–") → \($0.now.text())" }
        }
        #expect(told(description(seed: 8)) == "seed: 7 → 8")
        #expect(told(description(method: "other")) == #"method: "mine" → "other""#)
        #expect(told(description(settings: [("batch", 8.0), ("rate", 0.5), ("norm", "bn")])) == nil)
        #expect(told(description(settings: [("batch", 16), ("rate", 0.5), ("norm", "bn")])) == "batch: 8 → 16")
        #expect(told(description(settings: [("batch", 8), ("rate", 0.5), ("norm", "bn"), ("new", true)])) == "new: – → true")
        #expect(told(description(settings: [("batch", 8), ("rate", 0.5)])) == #"norm: "bn" → null"#)
    }

    // MARK: - What others wrote

    private static let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/schema-1").path

    /// As `ediy benchmark` left it while run.json and benchmark.json were of schema 1.
    @Test func aFolderOfTheFirstSchemaIsRead() throws {
        let benchmark = try #require(try BenchmarkFile(reading: Self.fixture))
        #expect(benchmark.name == "tiny" && benchmark.methods == ["none", "byol", "e-diy"] && benchmark.seeds == [3, 4])
        #expect(benchmark.baseline == nil && benchmark.recipe == nil && benchmark.methodTitles.isEmpty && benchmark.lossTitles.isEmpty)
        let place = "\(Self.fixture)/\(BenchmarkFile.runFolder("byol", 3, .pretrain))"
        let run = try RunFile(reading: place)
        #expect(run.description.stage == .pretrain && run.description.method == "byol" && run.description.seed == 3)
        #expect(run.status == .finished && run.cost?.images == 480 && run.description.titles.method == nil)
        #expect(run.description.settings.contains { $0.name == "pretraining.batch" && $0.value == 16 })
        #expect(run.environment.contains { $0.name == "cores" })
        let regions = try #require(try RegionsFile(reading: place))
        #expect(regions.numbers.channels == 128 && regions.untrained?.meanPairwiseCosine != nil && regions.maps.isEmpty)
        let curves = try MetricsCurves(reading: place)
        #expect(curves["loss_byol"].count == 20 && curves.last?.iteration == 29)
    }

    @Test(arguments: [
        (#"[]"#, ": is no object"), (#"{}"#, ": has no schema"), (#"{"schema":1}"#, ": has no stage"),
        (#"{"schema":3}"#, ": is of schema 3, newer than this program's 2"),
        (#"{"schema":1,"stage":"rest"}"#, ": stage: is not one of pretrain, finetune, linear"),
        (#"{"schema":1,"stage":"linear","method":5}"#, ": method: is not a text"),
        (#"{"schema":1,"stage":"linear","method":"m"}"#, ": has no seed"),
        (#"{"schema":1,"stage":"linear","method":"m","seed":-1}"#, ": seed: is not a whole number, 0 or more"),
        (
            #"{"schema":1,"stage":"linear","method":"m","seed":1,"dataset":"d","status":"gone"}"#,
            ": status: is not one of running, stopped, finished"
        ),
        (
            #"{"schema":1,"stage":"linear","method":"m","seed":1,"dataset":"d","status":"finished","cost":{"images":1}}"#,
            ": cost: has no seconds"
        ),
        (
            #"{"schema":1,"stage":"linear","method":"m","seed":1,"dataset":"d","status":"finished","environment":{"cores":2}}"#,
            ": environment.cores: is not a text"
        ),
    ])
    func whatIsNoRunIsToldByItsPlace(_ text: String, _ told: String) throws {
        try AtomicFile.write(text, to: "\(folder)/run.json")
        let error = #expect(throws: UserError.self) { try RunFile(reading: folder) }
        #expect("\(error!)".hasPrefix("\(folder)/run.json\(told)"), "\(error!)")
    }

    @Test(arguments: [
        (#"{"mean_pairwise_cosine":"much"}"#, "mean_pairwise_cosine: is not a number"),
        (#"{"maps":[{"grid":2,"region":1,"file_name":"a","similarities":[1,1,1,1]},7]}"#, "maps[1]: is no object"),
        (#"{"maps":[{"grid":0,"region":0}]}"#, "maps[0]: grid 0 is not 1 to 1024"),
        (#"{"maps":[{"grid":1000000,"region":0}]}"#, "maps[0]: grid 1000000 is not 1 to 1024"),
        (#"{"maps":[{"grid":3,"region":9}]}"#, "maps[0]: region 9 is not one of 9"),
        (#"{"maps":[{"grid":2,"region":0,"similarities":[1,2]}]}"#, "maps[0]: has 2 similarities for 4 regions"),
        (#"{"maps":[{"grid":1,"region":0,"similarities":["x"]}]}"#, "maps[0].similarities[0]: is not a number"),
        (#"{"maps":[{"grid":1,"region":0,"similarities":[1]}]}"#, "maps[0]: has no file_name"),
    ])
    func whatIsNoMapIsToldByItsPlace(_ text: String, _ told: String) throws {
        try AtomicFile.write(text, to: "\(folder)/regions.json")
        let error = #expect(throws: UserError.self) { try RegionsFile(reading: folder) }
        #expect("\(error!)".hasPrefix("\(folder)/regions.json: \(told)"), "\(error!)")
    }

    @Test func whatIsTooLargeIsNotRead() throws {
        for (name, read) in [
            ("run.json", { _ = try RunFile(reading: $0) }), ("regions.json", { _ = try RegionsFile(reading: $0) }),
            ("benchmark.json", { _ = try BenchmarkFile(reading: $0) }), ("metrics.jsonl", { _ = try MetricsCurves(reading: $0) }),
            ("categories.json", { _ = try CategoriesFile(reading: $0) }),
        ] as [(String, (String) throws -> Void)] {
            // Sparse: it takes no room on the disk.
            let path = "\(folder)/\(name)"
            #expect(FileManager.default.createFile(atPath: path, contents: nil) && truncate(path, 1 << 31) == 0)
            #expect { try read(folder) } throws: { "\($0)".contains("\(name): is 2147483648 bytes, too large") }
        }
    }
}
