import Foundation
import Runs
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
        public var iteration: Int? { run.metrics?.last?.iteration }
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
                let written = [RunFile.name, MetricsLine.file].compactMap { file in
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
        if FileManager.default.fileExists(atPath: "\(path)/\(RunFile.name)") { return [name] }
        guard depth > 0, let inside = try? FileManager.default.contentsOfDirectory(atPath: path) else { return [] }
        return inside.filter { $0 != "dataset" && !$0.hasPrefix(".") }.sorted().flatMap { child -> [String] in
            let below = name.isEmpty ? child : "\(name)/\(child)"
            var isFolder: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: "\(folder)/\(below)", isDirectory: &isFolder)
            guard isThere, isFolder.boolValue else { return [] }
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
                entry.name, entry.run.stage.rawValue, entry.run.method, "\(entry.run.seed)", entry.run.status.rawValue,
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
                    "run": .string(entry.name), "stage": .string(entry.run.stage.rawValue), "method": .string(entry.run.method),
                    "seed": .int(entry.run.seed), "status": .string(entry.run.status.rawValue),
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
