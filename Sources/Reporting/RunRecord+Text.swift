import Foundation
import Runs
import Support

extension RunRecord {
    /// For people: what the run is, how it stands, its numbers and its protocol.
    public var text: String {
        var lines: [(String, String)] = [
            ("run", path), ("stage", stage.rawValue), ("method", method), ("seed", "\(seed)"), ("dataset", dataset),
            ("status", status.rawValue),
        ]
        if let cost = file.cost { lines += [("images seen", "\(cost.images)"), ("time", ProgressLine.time(cost.seconds))] }
        if let last = metrics?.last { lines += [("last iteration", "\(last.iteration)")] + Self.numbers(last.values, "last ") }
        for type in ["bbox", "segm"] {
            for name in ReportTable.precision + ReportTable.recall {
                if let value = number(name, type) { lines.append(("\(type) \(name)", points(value))) }
            }
        }
        if let regions {
            lines += Self.numbers(regions.numbers.values, "regions ") + Self.numbers(regions.untrained?.values ?? [], "regions untrained ")
        }
        lines += settings.map { ($0.name, $0.value) } + file.environment.map { ($0.name, $0.value) }
        return aligned(lines.map { [$0.0, $0.1] }, words: [0, 1]).joined(separator: "\n")
    }

    /// Short enough to be read.
    private static func numbers(_ values: [(name: String, value: Double)], _ prefix: String) -> [(String, String)] {
        values.map { (prefix + $0.name, String(format: "%.5g", $0.value)) }
    }

    /// For programs: the same, numbers as they are.
    public var json: JSON {
        func strings(_ pairs: [(name: String, value: String)]) -> JSON { .object(pairs.map { ($0.name, .string($0.value)) }) }
        return [
            "run": .string(path), "stage": .string(stage.rawValue), "method": .string(method), "seed": .int(seed),
            "dataset": .string(dataset), "status": .string(status.rawValue), "images": file.cost.map { .int($0.images) } ?? .null,
            "seconds": file.cost.map { .double($0.seconds) } ?? .null, "last": metrics?.last?.json ?? .null,
            "evaluation": evaluation ?? .null, "regions": regions?.json ?? .null, "protocol": strings(settings),
            "environment": strings(file.environment),
        ]
    }
}
