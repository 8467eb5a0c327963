import COCO
import Foundation

/// A table, once for every format.
struct ReportTable {
    struct Cell {
        let text: String
        /// What the line is sorted by; nil for an empty cell.
        var value: Double?
        /// Where the text leads.
        var url: String?

        static let empty = Cell(text: "–")
        /// Of what a line cannot have.
        static let blank = Cell(text: "")
    }

    /// What a table says of each method.
    struct Column {
        let title: String
        let cell: (Report.Row) -> Cell

        init(_ title: String, _ cell: @escaping (Report.Row) -> Cell) {
            self.title = title
            self.cell = cell
        }
    }

    let title: String
    /// The first column names the lines.
    let header: [String]
    let lines: [(name: String, cells: [Cell])]
    /// What may be said of it; empty where nothing is.
    var remark = ""

    static let precision = ["AP", "AP50", "AP75", "APs", "APm", "APl"]
    static let recall = ["AR1", "AR10", "AR100", "ARs", "ARm", "ARl"]
}

extension ReportTable {
    /// A line for each method.
    init(title: String, of rows: [Report.Row], _ columns: [Column]) {
        self.init(
            title: title, header: ["method"] + columns.map(\.title),
            lines: rows.map { row in (row.method, columns.map { $0.cell(row) }) })
    }
}

extension ReportTable.Cell {
    /// AP, in hundredths.
    init(_ estimate: Estimate?) { self = estimate.map { Self(text: $0.asPoints, value: $0.mean) } ?? .empty }

    /// A gain in AP: with its sign.
    init(gain: Estimate?) {
        self =
            gain.map { gain in
                Self(text: signedPoints(gain.mean) + (gain.halfWidth.map { " ± \(points($0))" } ?? ""), value: gain.mean)
            } ?? .empty
    }

    /// What holds 95% of the draws of a gain over images.
    init(interval line: Comparison.Line?) {
        self = line.map { Self(text: Finding.interval($0), value: $0.difference) } ?? .empty
    }

    /// A number with so many digits behind the point.
    init(_ estimate: Estimate?, digits: Int) {
        func text(_ value: Double) -> String { String(format: "%.\(digits)f", value) }
        self =
            estimate.map { estimate in
                Self(text: text(estimate.mean) + (estimate.halfWidth.map { " ± \(text($0))" } ?? ""), value: estimate.mean)
            } ?? .empty
    }

    /// A count: "1,280,000".
    init(count: Double?) {
        self =
            count.map { count in
                let digits = Array("\(Int(count))")
                let text = digits.enumerated().map { i, digit in i > 0 && (digits.count - i) % 3 == 0 ? ",\(digit)" : "\(digit)" }.joined()
                return Self(text: text, value: count)
            } ?? .empty
    }

    /// "95 s", "12 min", "3.5 h".
    init(seconds: Double?) {
        self =
            seconds.map { seconds in
                let (size, unit) = seconds < 120 ? (seconds, "s") : seconds < 7200 ? (seconds / 60, "min") : (seconds / 3600, "h")
                return Self(text: String(format: unit == "h" ? "%.1f %@" : "%.0f %@", size, unit), value: seconds)
            } ?? .empty
    }
}
