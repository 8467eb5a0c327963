import Foundation
import Support

/// The numbers of a metrics.jsonl, by name.
struct MetricsCurves: Sendable {
    typealias Point = (x: Double, y: Double)

    private let curves: [String: [Point]]
    /// The last line that parses.
    let last: JSON?

    /// Lines read of a longer log, evenly spread and with the last one: more than a chart shows.
    private static let limit = 500

    /// - Throws: `UserError` when the file cannot be read.
    init(reading path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UserError("cannot be read", file: path)
        }
        let lines = Array(data).split(separator: UInt8(ascii: "\n"))
        let step = max((lines.count + Self.limit - 1) / Self.limit, 1)
        var curves: [String: [Point]] = [:]
        var last: JSON?
        for (i, line) in lines.enumerated() where i % step == 0 || i == lines.count - 1 {
            // A line that a running program has not written to its end is passed over.
            guard let json = try? JSON(parsing: Array(line)), let x = json["iteration"]?.double else { continue }
            for (name, value) in json.object ?? [] where name != "iteration" {
                if let y = value.double { curves[name, default: []].append((x, y)) }
            }
            last = json
        }
        self.curves = curves
        self.last = last
    }

    /// A value by iteration; empty where the log has none of this name.
    subscript(name: String) -> [Point] { curves[name] ?? [] }

    /// The mean of a value over runs, and its least and greatest, at each iteration that any of them logged.
    static func mean(_ name: String, of runs: [MetricsCurves]) -> [(x: Double, y: Double, low: Double, high: Double)] {
        var byPlace: [Double: [Double]] = [:]
        for run in runs { for point in run[name] { byPlace[point.x, default: []].append(point.y) } }
        return byPlace.sorted { $0.key < $1.key }.map { x, values in
            (x, values.reduce(0, +) / Double(values.count), values.min() ?? 0, values.max() ?? 0)
        }
    }
}
