import Foundation
import Support

/// The numbers of a metrics.jsonl, by name.
public struct MetricsCurves: Sendable {
    public typealias Point = (x: Double, y: Double)

    private let curves: [String: [Point]]
    /// In the order in which the log first has them.
    public let names: [String]
    /// The last whole line.
    public let last: MetricsLine?

    /// Lines read of each kind of a longer log, evenly spread and with the last one: more than a chart shows.
    private static let lineLimit = 500
    /// Bytes; more is no log of a run.
    private static let limit = 1 << 30

    /// - Throws: `UserError` when the file cannot be read, or is larger than any log.
    public init(reading folder: String) throws {
        let path = "\(folder)/\(MetricsLine.file)"
        let data = try BoundedFile.read(path, limit: Self.limit)
        var curves: [String: [Point]] = [:]
        var names: [String] = []
        var last: MetricsLine?
        for place in Self.chosen(Self.lines(data)) {
            // A line that a running program has not written to its end is passed over.
            guard let line = MetricsLine(parsing: data[place]) else { continue }
            for (name, value) in line.values {
                if curves[name] == nil { names.append(name) }
                curves[name, default: []].append((Double(line.iteration), value))
            }
            last = line
        }
        self.curves = curves
        self.names = names
        self.last = last
    }

    /// A value by iteration; empty where the log has none of this name.
    public subscript(name: String) -> [Point] { curves[name] ?? [] }

    /// The mean of a value over runs, and its least and greatest, at each iteration that any of them logged.
    public static func mean(_ name: String, of runs: [MetricsCurves]) -> [(x: Double, y: Double, low: Double, high: Double)] {
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

    /// Of lines with as many values as each other, `lineLimit` at most: so what is measured once per epoch, on a line of more
    /// values than others have, is not lost among them.
    private static func chosen(_ lines: [(place: Range<Int>, colons: Int)]) -> [Range<Int>] {
        let kinds = Dictionary(grouping: lines.indices) { lines[$0].colons }
        return kinds.values.flatMap { kind -> [Int] in
            let step = max((kind.count + lineLimit - 1) / lineLimit, 1)
            return kind.enumerated().filter { $0.offset % step == 0 || $0.offset == kind.count - 1 }.map(\.element)
        }.sorted().map { lines[$0].place }
    }
}
