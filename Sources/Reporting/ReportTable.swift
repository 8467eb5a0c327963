import COCO
import Foundation

/// A table, once for every format.
struct ReportTable {
    struct Cell {
        let text: String
        /// What the line is sorted by; nil for an empty cell.
        let value: Double?

        static let empty = Cell(text: "–", value: nil)
    }

    let title: String
    /// The first column names the lines.
    let header: [String]
    let lines: [(name: String, cells: [Cell])]

    static let precision = ["AP", "AP50", "AP75", "APs", "APm", "APl"]
    static let recall = ["AR1", "AR10", "AR100", "ARs", "ARm", "ARl"]

    /// Every COCO number of every method, and what the backbones cost.
    static func methods(_ report: Report) -> [ReportTable] {
        report.types.map { numbers($0, precision, report) } + report.types.map { numbers($0, recall, report) } + [cost(report)]
    }

    private static func numbers(_ type: IoUType, _ names: [String], _ report: Report) -> ReportTable {
        let gains = names == precision ? report.rows.map { report.gain($0, type.rawValue) } : []
        let hasGain = gains.contains { $0 != nil }
        // Several methods held against one: some p is small by chance.
        let tested = gains.compactMap { $0?.p }
        var corrected = holm(tested)[...]
        let p = tested.isEmpty ? [] : tested.count > 1 ? ["p", "p, Holm"] : ["p"]
        return ReportTable(
            title: (type == .bbox ? "Boxes" : "Masks") + (names == recall ? ", recall" : ""),
            header: ["method"] + names + (hasGain ? ["gain"] + p : []),
            lines: report.rows.enumerated().map { i, row in
                let numbers = names.map { cell(row.estimate($0, type.rawValue)) }
                guard hasGain else { return (row.method, numbers) }
                let tests = gains[i]?.p.map { p in tested.count > 1 ? [p, corrected.removeFirst()] : [p] }
                let cells = tests?.map { Cell(text: Finding.pValue($0), value: $0) } ?? p.map { _ in blank() }
                return (row.method, numbers + [gains[i].map { signed($0.gain) } ?? blank()] + cells)
            })
    }

    /// What each method took: images and time of both stages.
    private static func cost(_ report: Report) -> ReportTable {
        ReportTable(
            title: "Cost of a seed", header: ["method", "seeds", "pretraining images", "time", "fine-tuning images", "time", "time in all"],
            lines: report.rows.map { row in
                let seconds = [row.pretraining, row.runs].map { Estimate($0.compactMap(\.seconds))?.mean }
                let stages = zip([row.pretraining, row.runs], seconds).flatMap { runs, seconds in
                    [images(Estimate(runs.compactMap { $0.images.map(Double.init) })), time(seconds)]
                }
                let all = seconds[1].map { $0 + (seconds[0] ?? 0) }
                return (row.method, [Cell(text: "\(row.runs.count)", value: Double(row.runs.count))] + stages + [time(all)])
            })
    }

    /// How different the regions of an image are to the backbones; nil where no run measured it.
    static func regions(_ report: Report) -> ReportTable? {
        let names = [("mean_pairwise_cosine", 3), ("effective_rank", 1)]
        guard report.rows.contains(where: { $0.regions(names[0].0) != nil }) else { return nil }
        return ReportTable(
            title: "The backbones, before fine-tuning", header: ["method", "region cosine", "effective rank"],
            lines: report.rows.map { row in
                let cells = names.map { name, digits in
                    row.regions(name).map { estimate -> Cell in
                        func text(_ value: Double) -> String { String(format: "%.\(digits)f", value) }
                        return Cell(text: text(estimate.mean) + (estimate.halfWidth.map { " ± \(text($0))" } ?? ""), value: estimate.mean)
                    } ?? .empty
                }
                return (row.method, cells)
            })
    }

    /// TIDE's errors of every method; nil where nothing is known of any's detections.
    static func errors(_ report: Report, _ type: IoUType) -> ReportTable? {
        let found = report.detections.errors.filter { $0.type == type }
        guard !found.isEmpty else { return nil }
        return ReportTable(
            title: "\(type == .bbox ? "Boxes" : "Masks"): AP50 lost to each kind of error",
            header: ["method", "AP50"] + ErrorAnalysis.Kind.allCases.map(\.rawValue) + ["FP", "FN"],
            lines: found.map { errors in
                (errors.method, ([errors.ap] + errors.costs.map(\.ap) + [errors.falsePositives, errors.falseNegatives]).map(cell))
            })
    }

    /// The candidate's gain by size of objects: over seeds, and over images.
    static func sizes(_ report: Report) -> ReportTable? {
        guard let candidate = report.candidate else { return nil }
        let names = [("all sizes", "AP"), ("small", "APs"), ("medium", "APm"), ("large", "APl")]
        return ReportTable(
            title: "Gain of \(candidate.title) over \(report.baseline.title), by size",
            header: ["objects", report.baseline.method, candidate.method, "gain", "95% over images"],
            lines: report.types.flatMap { type in
                names.enumerated().map { i, name in
                    let line = report.detections.comparison(type)?.bySize[i].line
                    return (
                        "\(type.noun) AP, \(name.0)",
                        [
                            cell(report.baseline.estimate(name.1, type.rawValue)), cell(candidate.estimate(name.1, type.rawValue)),
                            report.gain(candidate, type.rawValue, name.1).map { signed($0.gain) } ?? .empty, interval(line),
                        ]
                    )
                }
            })
    }

    static let published = ReportTable(
        title: "Published", header: ["method", "box AP", "mask AP", "setting", "source"],
        lines: Published.all.map { entry in
            (entry.method, [entry.box, entry.mask, entry.setting, "\(entry.source), \(entry.url)"].map { Cell(text: $0, value: nil) })
        })

    // MARK: - Cells

    private static func blank() -> Cell { Cell(text: "", value: nil) }

    static func cell(_ estimate: Estimate?) -> Cell { estimate.map { Cell(text: $0.asPoints, value: $0.mean) } ?? .empty }

    static func signed(_ gain: Estimate) -> Cell {
        Cell(text: signedPoints(gain.mean) + (gain.halfWidth.map { " ± \(points($0))" } ?? ""), value: gain.mean)
    }

    static func interval(_ line: Comparison.Line?) -> Cell {
        line.map { Cell(text: Finding.interval($0), value: $0.difference) } ?? .empty
    }

    private static func images(_ count: Estimate?) -> Cell {
        count.map { Cell(text: grouped(Int($0.mean)), value: $0.mean) } ?? .empty
    }

    /// "1,280,000".
    private static func grouped(_ count: Int) -> String {
        let digits = Array("\(count)")
        return digits.enumerated().map { i, digit in i > 0 && (digits.count - i) % 3 == 0 ? ",\(digit)" : "\(digit)" }.joined()
    }

    private static func time(_ seconds: Double?) -> Cell {
        guard let mean = seconds else { return .empty }
        let (size, unit) = mean < 120 ? (mean, "s") : mean < 7200 ? (mean / 60, "min") : (mean / 3600, "h")
        return Cell(text: String(format: unit == "h" ? "%.1f %@" : "%.0f %@", size, unit), value: mean)
    }
}
