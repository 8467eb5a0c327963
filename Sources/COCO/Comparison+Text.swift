import Foundation
import Support

extension Comparison {
    /// For people: a line per size, and one per category when asked for.
    public func text(perCategory: Bool = false) -> String {
        let header = ["", "AP", "first", "second", "difference", "95% interval", ""]
        let sizes = bySize.map { size in Self.cells("", size.name, size.line) }
        let rows = perCategory ? zip(categories, byCategory).map { Self.cells("\($0.writtenID)", $0.name, $1) } : []
        return aligned([header] + sizes + rows).joined(separator: "\n")
    }

    /// For programs.
    public var json: JSON {
        func object(_ line: Line?) -> JSON {
            guard let line else { return .null }
            return [
                "first": .double(line.first), "second": .double(line.second), "difference": .double(line.difference),
                "interval": .array([.double(line.interval.lowerBound), .double(line.interval.upperBound)]),
                "images": .int(line.images), "stands": .bool(line.stands),
            ]
        }
        return [
            "resamples": .int(resamples), "by_size": .object(bySize.map { (key: $0.name, value: object($0.line)) }),
            "by_category": .object(zip(categories, byCategory).map { (key: "\($0.writtenID)", value: object($1)) }),
        ]
    }

    private static func cells(_ id: String, _ name: String, _ line: Line?) -> [String] {
        guard let line else { return [id, name, "–", "–", "–", "–", ""] }
        func signed(_ value: Double) -> String { String(format: "%+.3f", value) }
        return [
            id, name, String(format: "%.3f", line.first), String(format: "%.3f", line.second), signed(line.difference),
            "\(signed(line.interval.lowerBound)) … \(signed(line.interval.upperBound))",
            line.stands ? "stands" : line.hasFewImages ? "too few images (\(line.images))" : "may be chance",
        ]
    }
}
