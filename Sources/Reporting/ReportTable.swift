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
        report.types.map { numbers($0, precision, report) } + report.types.map { numbers($0, recall, report) } + [backbones(report)]
    }

    private static func numbers(_ type: IoUType, _ names: [String], _ report: Report) -> ReportTable {
        let hasGain = names == precision && report.candidate != nil
        return ReportTable(
            title: (type == .bbox ? "Boxes" : "Masks") + (names == recall ? ", recall" : ""),
            header: ["method"] + names + (hasGain ? ["gain", "p"] : []),
            lines: report.rows.map { row in
                let numbers = names.map { cell(row.estimate($0, type.rawValue)) }
                guard hasGain else { return (row.method, numbers) }
                let gain = report.gain(row, type.rawValue)
                let p = gain?.p.map { Cell(text: Report.p($0), value: $0) }
                return (row.method, numbers + [gain.map { signed($0.gain) } ?? blank(), p ?? blank()])
            })
    }

    private static func backbones(_ report: Report) -> ReportTable {
        func number(_ estimate: Estimate?, _ format: String) -> Cell {
            guard let estimate else { return .empty }
            let half = estimate.halfWidth.map { " ± " + String(format: format, $0) } ?? ""
            return Cell(text: String(format: format, estimate.mean) + half, value: estimate.mean)
        }
        return ReportTable(
            title: "Backbones and cost",
            header: ["method", "seeds", "region cosine", "effective rank", "pretraining images", "time", "fine-tuning images", "time"],
            lines: report.rows.map { row in
                let stages = [row.pretraining, row.runs].flatMap { runs -> [Cell] in
                    [images(Estimate(runs.compactMap { $0.images.map(Double.init) })), time(Estimate(runs.compactMap(\.seconds)))]
                }
                return (
                    row.method,
                    [
                        Cell(text: "\(row.runs.count)", value: Double(row.runs.count)),
                        number(row.regions("mean_pairwise_cosine"), "%.3f"), number(row.regions("effective_rank"), "%.1f"),
                    ] + stages
                )
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
                    let line = report.detections?.comparison(type)?.bySize[i].line
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

    /// AP of every method by category, with the candidate's gain.
    static func categories(_ report: Report, _ type: IoUType) -> ReportTable? {
        // By method, by seed, by category.
        let aps = report.rows.map { row in row.runs.map { ($0.seed, Dictionary($0.categoryAP(type.rawValue).map { ($0.id, $0.ap) }) { $1 }) } }
        guard !report.categories.isEmpty, aps.joined().contains(where: { !$0.1.isEmpty }) else { return nil }
        let comparison = report.detections?.comparison(type)
        let places = Dictionary(comparison?.categories.enumerated().map { ("\($1.id)", $0) } ?? []) { $1 }
        let base = report.rows.firstIndex { $0.method == report.baseline.method }
        let other = report.rows.firstIndex { $0.method == report.candidate?.method }
        let lines = report.categories.map { category -> (name: String, cells: [Cell]) in
            func ap(_ run: (Int, [String: Double?])) -> Double? { run.1[category.id] ?? nil }
            var cells = aps.map { cell(Estimate($0.compactMap(ap))) }
            if let base, let other {
                let differences = aps[other].compactMap { run -> Double? in
                    guard let mine = ap(run), let theirs = aps[base].first(where: { $0.0 == run.0 }).flatMap(ap) else { return nil }
                    return mine - theirs
                }
                cells.append(Estimate(differences).map(signed) ?? .empty)
                if let comparison { cells.append(interval(places[category.id].flatMap { comparison.byCategory[$0] })) }
            }
            return (category.name, cells)
        }
        let gain = other == nil ? [] : ["gain"] + (comparison == nil ? [] : ["95% over images"])
        return ReportTable(
            title: type == .bbox ? "Box AP" : "Mask AP", header: ["category"] + report.rows.map(\.method) + gain, lines: lines)
    }

    static let published = ReportTable(
        title: "Published", header: ["method", "box AP", "mask AP", "setting", "source"],
        lines: Published.all.map { entry in
            (entry.method, [entry.box, entry.mask, entry.setting, "\(entry.source), \(entry.url)"].map { Cell(text: $0, value: nil) })
        })

    // MARK: - Cells

    private static func blank() -> Cell { Cell(text: "", value: nil) }

    private static func cell(_ estimate: Estimate?) -> Cell { estimate.map { Cell(text: $0.asPoints, value: $0.mean) } ?? .empty }

    private static func signed(_ gain: Estimate) -> Cell {
        Cell(text: signedPoints(gain.mean) + (gain.halfWidth.map { " ± \(points($0))" } ?? ""), value: gain.mean)
    }

    private static func interval(_ line: Comparison.Line?) -> Cell {
        line.map { Cell(text: Report.interval($0), value: $0.difference) } ?? .empty
    }

    private static func images(_ count: Estimate?) -> Cell {
        count.map { Cell(text: "\(Int($0.mean))", value: $0.mean) } ?? .empty
    }

    private static func time(_ seconds: Estimate?) -> Cell {
        guard let mean = seconds?.mean else { return .empty }
        let text = mean < 3600 ? String(format: "%.0f s", mean) : String(format: "%.1f h", mean / 3600)
        return Cell(text: text, value: mean)
    }
}
