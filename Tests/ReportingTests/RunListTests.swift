import Foundation
import Reporting
import Support
import Testing

@Suite struct RunListTests {
    private let maker: RunMaker

    init() throws { maker = try RunMaker() }

    private func list() throws -> RunList {
        let place = "\(maker.folder)/shapes"
        _ = try maker.run("byol", 0, ap: 0.3, maskAP: 0.25, at: "\(place)/byol-seed0/finetune")
        _ = try maker.run("e-diy", 0, ap: 0.32, at: "\(place)/e-diy-seed0/finetune")
        _ = try maker.run("e-diy", 1, ap: 0.9, status: "running", at: "\(place)/e-diy-seed1/finetune")
        _ = try maker.run("new", 0, ap: 0.9, schema: 9, at: "\(place)/new-seed0/finetune")
        _ = try maker.run("hidden", 0, ap: 0.9, at: "\(place)/dataset/a")
        for name in ["run.json", "metrics.jsonl"] {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -7300)], ofItemAtPath: "\(place)/byol-seed0/finetune/\(name)")
        }
        return try RunList(maker.folder)
    }

    @Test func runsAreListedWithTheirStatusAndBestAP() throws {
        let list = try list()
        #expect(list.entries.map(\.name) == ["byol", "e-diy", "e-diy"].enumerated().map { "shapes/\($1)-seed\($0 == 2 ? 1 : 0)/finetune" })
        #expect(list.entries.map(\.run.status) == [.finished, .finished, .running])
        #expect(list.entries.map(\.iteration) == [1, 1, 1])
        // The unfinished run's numbers are not its last word.
        #expect(list.best?.run.method == "e-diy" && list.best?.run.seed == 0)
        #expect(list.problems.count == 1 && list.problems[0].contains("schema 9"))
        let lines = list.text.split(separator: "\n")
        #expect(lines[1].hasSuffix("finished          1    30.0     25.0  2 h"), "\(lines[1])")
        #expect(lines.last == "best: shapes/e-diy-seed0/finetune, 32.0 box AP")
        let json = try #require(list.json.array)
        #expect(json[0]["bbox"] == 0.3 && json[2]["bbox"] == .null && json[2]["status"] == "running")
    }

    @Test func aRunIsShown() throws {
        let place = try maker.run("byol", 4, ap: 0.3)
        let regions =
            #"{"mean_pairwise_cosine":0.123456789,"channels":128,"maps":[{"grid":1,"region":0,"file_name":"a","similarities":[1]}],"untrained":{"effective_rank":70.5}}"#
        try AtomicFile.write(regions, to: "\(place)/regions.json")
        let run = try RunRecord(reading: place)
        let numbers = ["regions mean_pairwise_cosine", "regions channels", "regions untrained effective_rank"]
        let shown = run.text.split(separator: "\n").map { $0.split(separator: "  ", omittingEmptySubsequences: true) }
        #expect(numbers.map { name in shown.first { $0[0] == name }?.last?.trimmingPrefix(" ") } == ["0.12346", "128", "70.5"])
        #expect(!run.text.contains("grid"))
        for part in ["method", "byol", "bbox AP50", "30.0", "last loss", "batch", "cores"] { #expect(run.text.contains(part), "\(part)") }
        #expect(run.json["evaluation"]?["bbox"]?["AP"] == 0.3 && run.json["protocol"]?["batch"] == "8" && run.json["seed"] == 4)
    }

    @Test func aFolderWithoutRunsIsEmptyAndNoFolderIsNamed() throws {
        #expect(try RunList(maker.folder).entries.isEmpty)
        #expect { try RunList("\(maker.folder)/nowhere") } throws: { "\($0)".contains("/nowhere: is no folder") }
    }
}
