import Foundation
import Support

/// The numbers of a metrics.jsonl, by name.
struct MetricsCurves: Sendable {
    typealias Point = (x: Double, y: Double)

    private let curves: [String: [Point]]
    /// The last line that parses.
    let last: JSON?

    /// Lines read of each kind of a longer log, evenly spread and with the last one: more than a chart shows.
    private static let limit = 500

    /// - Throws: `UserError` when the file cannot be read.
    init(reading path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UserError("cannot be read", file: path)
        }
        var curves: [String: [Point]] = [:]
        var last: JSON?
        for line in Self.chosen(Self.lines(data)) {
            // A line that a running program has not written to its end is passed over.
            guard let json = try? JSON(parsing: Array(data[line])), let x = json["iteration"]?.double else { continue }
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

// MARK: - Which lines to read

extension MetricsCurves {
    /// Where each line lies, with the number of its colons: that of its values, told without parsing.
    private static func lines(_ data: Data) -> [(place: Range<Int>, colons: Int)] {
        data.withUnsafeBytes { bytes in
            var lines: [(place: Range<Int>, colons: Int)] = []
            var (start, colons) = (0, 0)
            func end(at place: Int) {
                if place > start { lines.append((start..<place, colons)) }
                (start, colons) = (place + 1, 0)
            }
            for (i, byte) in bytes.enumerated() {
                if byte == UInt8(ascii: "\n") { end(at: i) } else if byte == UInt8(ascii: ":") { colons += 1 }
            }
            end(at: bytes.count)
            return lines
        }
    }

    /// Of lines with as many values as each other, `limit` at most: so what is measured once an epoch, on a line of more values than
    /// others have, is not lost among them.
    private static func chosen(_ lines: [(place: Range<Int>, colons: Int)]) -> [Range<Int>] {
        let kinds = Dictionary(grouping: lines.indices) { lines[$0].colons }
        return kinds.values.flatMap { kind -> [Int] in
            let step = max((kind.count + limit - 1) / limit, 1)
            return kind.enumerated().filter { $0.offset % step == 0 || $0.offset == kind.count - 1 }.map(\.element)
        }.sorted().map { lines[$0].place }
    }
}
