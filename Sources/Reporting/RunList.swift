import Foundation
import Support

/// The runs below a folder: how each stands.
public struct RunList {
    public struct Entry {
        /// Relative to the folder.
        public let name: String
        public let run: RunRecord
        /// Seconds since the run last wrote its log or its state.
        public let age: Double

        /// The last iteration of its log, from 0.
        public var iteration: Int? { run.metrics?.last?["iteration"]?.int }
    }

    /// In the order of their names.
    public let entries: [Entry]
    /// Folders whose run.json cannot be read, a line each.
    public let problems: [String]

    /// How deep runs may lie: benchmark, method and seed, stage, and one more.
    private static let depth = 4

    /// - Throws: `UserError` when there is no such folder.
    public init(_ folder: String, now: Date = Date()) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw UserError("is no folder", file: folder, remedy: "name the folder that runs lie in")
        }
        var entries: [Entry] = []
        var problems: [String] = []
        for name in Self.runs(folder, "", Self.depth) {
            let path = name.isEmpty ? folder : "\(folder)/\(name)"
            do {
                let written = ["run.json", "metrics.jsonl"].compactMap { file in
                    (try? FileManager.default.attributesOfItem(atPath: "\(path)/\(file)"))?[.modificationDate] as? Date
                }.max()
                entries.append(
                    Entry(
                        name: name.isEmpty ? folder : name, run: try RunRecord(reading: path),
                        age: max(now.timeIntervalSince(written ?? now), 0)))
            } catch { problems.append("\(error)") }
        }
        self.entries = entries
        self.problems = problems
    }

    /// Folders with a run.json; no further below these, and not into datasets, which hold many files and no runs.
    private static func runs(_ folder: String, _ name: String, _ depth: Int) -> [String] {
        let path = name.isEmpty ? folder : "\(folder)/\(name)"
        if FileManager.default.fileExists(atPath: "\(path)/run.json") { return [name] }
        guard depth > 0, let inside = try? FileManager.default.contentsOfDirectory(atPath: path) else { return [] }
        return inside.filter { $0 != "dataset" && !$0.hasPrefix(".") }.sorted().flatMap { child -> [String] in
            let below = name.isEmpty ? child : "\(name)/\(child)"
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: "\(folder)/\(below)", isDirectory: &isFolder), isFolder.boolValue else { return [] }
            return runs(folder, below, depth - 1)
        }
    }

    /// The finished run with the highest box AP.
    public var best: Entry? {
        entries.filter { $0.run.number("AP", "bbox") != nil }
            .max { ($0.run.number("AP", "bbox") ?? 0) < ($1.run.number("AP", "bbox") ?? 0) }
    }

    /// For people: a line a run, the best one named.
    public var text: String {
        let header = ["run", "stage", "method", "seed", "status", "iteration", "box AP", "mask AP", "age"]
        let lines = entries.map { entry in
            [
                entry.name, entry.run.stage, entry.run.method, "\(entry.run.seed)", entry.run.status,
                entry.iteration.map { "\($0)" } ?? "–", ap(entry, "bbox"), ap(entry, "segm"), Self.age(entry.age),
            ]
        }
        let table = aligned([header] + lines, words: [0, 1, 2, 4])
        let last = best.map { ["", "best: \($0.name), \(ap($0, "bbox")) box AP"] } ?? []
        return (table + last).joined(separator: "\n")
    }

    /// For programs.
    public var json: JSON {
        .array(
            entries.map { entry in
                [
                    "run": .string(entry.name), "stage": .string(entry.run.stage), "method": .string(entry.run.method),
                    "seed": .int(entry.run.seed), "status": .string(entry.run.status),
                    "iteration": entry.iteration.map(JSON.int) ?? .null,
                    "bbox": entry.run.number("AP", "bbox").map(JSON.double) ?? .null,
                    "segm": entry.run.number("AP", "segm").map(JSON.double) ?? .null, "age": .double(entry.age.rounded()),
                ]
            })
    }

    private func ap(_ entry: Entry, _ type: String) -> String { entry.run.number("AP", type).map(points) ?? "–" }

    /// "40 s", "12 min", "3 h", "2 d".
    static func age(_ seconds: Double) -> String {
        switch seconds {
        case ..<90: "\(Int(seconds)) s"
        case ..<5400: "\(Int(seconds / 60)) min"
        case ..<172_800: "\(Int(seconds / 3600)) h"
        default: "\(Int(seconds / 86400)) d"
        }
    }
}

extension RunRecord {
    /// For people: what the run is, how it stands, its numbers and its protocol.
    public var text: String {
        var lines: [(String, String)] = [
            ("run", path), ("stage", stage), ("method", method), ("seed", "\(seed)"), ("dataset", dataset), ("status", status),
        ]
        if let images { lines.append(("images seen", "\(images)")) }
        if let seconds { lines.append(("time", ProgressLine.time(seconds))) }
        lines += Self.numbers(metrics?.last, "last ")
        for type in ["bbox", "segm"] {
            for name in ReportTable.precision + ReportTable.recall {
                if let value = number(name, type) { lines.append(("\(type) \(name)", points(value))) }
            }
        }
        lines += Self.numbers(regions, "regions ") + Self.numbers(regions?["untrained"], "regions untrained ")
        lines += settings.map { ($0.name, $0.value) } + environment.map { ($0.name, $0.value) }
        return aligned(lines.map { [$0.0, $0.1] }, words: [0, 1]).joined(separator: "\n")
    }

    /// Those of an object, short enough to be read.
    private static func numbers(_ json: JSON?, _ prefix: String) -> [(String, String)] {
        (json?.object ?? []).compactMap { name, value in
            value.double.map { (prefix + name, value.int.map(String.init) ?? String(format: "%.5g", $0)) }
        }
    }

    /// For programs: the same, numbers as they are.
    public var json: JSON {
        func strings(_ pairs: [(name: String, value: String)]) -> JSON { .object(pairs.map { ($0.name, .string($0.value)) }) }
        return [
            "run": .string(path), "stage": .string(stage), "method": .string(method), "seed": .int(seed), "dataset": .string(dataset),
            "status": .string(status), "images": images.map(JSON.int) ?? .null, "seconds": seconds.map(JSON.double) ?? .null,
            "last": metrics?.last ?? .null, "evaluation": evaluation ?? .null, "regions": regions ?? .null,
            "protocol": strings(settings), "environment": strings(environment),
        ]
    }
}
