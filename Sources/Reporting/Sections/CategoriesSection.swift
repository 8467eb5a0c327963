import COCO
import Foundation
import Support

extension ReportSection {
    /// AP by category of every method. Nil where no run has any.
    static func categories(_ report: Report) -> ReportSection? {
        let tables = report.types.compactMap { CategoryTable(report, $0)?.table }
        guard !tables.isEmpty else { return nil }
        let names = Dictionary(report.categories) { $1 }
        return ReportSection(
            id: "categories", label: "Categories", title: "By category", blocks: [.details(tables)],
            json: [("categories", .array(report.categories.map { ["id": .string($0.id), "name": .string($0.name)] }))],
            jsonOfMethod: Dictionary(report.rows.map { ($0.method, json($0, report)) }) { $1 },
            measurements: report.rows.flatMap { row in
                report.types.map(\.rawValue).flatMap { type in
                    row.runs.flatMap { run in
                        run.categoryAP(type).map { id, ap in
                            Measurement(method: row.method, seed: run.seed, type: type, name: "AP", category: names[id] ?? id, value: ap)
                        }
                    }
                }
            })
    }

    private static func json(_ row: Report.Row, _ report: Report) -> [(key: String, value: JSON)] {
        report.types.map(\.rawValue).map { type in
            let byCategory = row.runs.map { Dictionary($0.categoryAP(type).map { ($0.id, $0.ap) }) { $1 } }
            let estimates = report.categories.map { category in
                (key: category.id, value: Estimate(byCategory.compactMap { $0[category.id] ?? nil })?.json ?? .null)
            }
            return ("\(type)_by_category", .object(estimates))
        }
    }
}

/// AP by category of every method, and the candidate's gain over the baseline.
struct CategoryTable {
    /// Of one category.
    struct Line {
        let name: String
        /// By method.
        let aps: [Estimate?]
        /// Over the seeds that both have.
        let gain: PairedComparison?
        /// Of the gain, over images.
        let images: Comparison.Line?
    }

    let type: IoUType
    let lines: [Line]
    private let methods: [String]
    private let hasGain: Bool
    private let hasImages: Bool

    /// Nil where no run has numbers by category.
    init?(_ report: Report, _ type: IoUType) {
        // By method, by seed, by category.
        let aps = report.rows.map { row in
            row.runs.map { (seed: $0.seed, aps: Dictionary($0.categoryAP(type.rawValue).map { ($0.id, $0.ap) }) { $1 }) }
        }
        guard !report.categories.isEmpty, aps.joined().contains(where: { !$0.aps.isEmpty }) else { return nil }
        let comparison = report.detections.comparison(type)
        let places = Dictionary(comparison?.categories.enumerated().map { ("\($1.id)", $0) } ?? []) { $1 }
        let base = report.rows.firstIndex { $0.method == report.baseline.method }
        let other = report.rows.firstIndex { $0.method == report.candidate?.method }
        self.type = type
        methods = report.rows.map(\.method)
        hasGain = other != nil
        hasImages = other != nil && comparison != nil
        lines = report.categories.map { category in
            func ap(_ run: (seed: Int, aps: [String: Double?])) -> Double? { run.aps[category.id] ?? nil }
            var gain: PairedComparison?
            if let base, let other {
                gain = PairedComparison(
                    differences: aps[other].compactMap { run in
                        let partner = aps[base].first { $0.seed == run.seed }
                        guard let mine = ap(run), let theirs = partner.flatMap(ap) else { return nil }
                        return mine - theirs
                    })
            }
            return Line(
                name: category.name, aps: aps.map { Estimate($0.compactMap(ap)) }, gain: gain,
                images: places[category.id].flatMap { comparison?.byCategory[$0] })
        }
    }

    var table: ReportTable {
        ReportTable(
            title: "\(type.noun.prefix(1).uppercased())\(type.noun.dropFirst()) AP",
            header: ["category"] + methods + (hasGain ? ["gain"] : []) + (hasImages ? ["95% over images"] : []),
            lines: lines.map { line in
                let gain = hasGain ? [ReportTable.Cell(gain: line.gain?.gain)] : []
                return (line.name, line.aps.map { .init($0) } + gain + (hasImages ? [.init(interval: line.images)] : []))
            }, remark: remark)
    }

    /// What may be read from so many lines; empty without gains.
    private var remark: String {
        guard hasGain else { return "" }
        var sentences: [String] = []
        let tested = lines.compactMap { line in line.gain?.p.map { (name: line.name, gain: line.gain?.gain.mean ?? 0, p: $0) } }
        if !tested.isEmpty {
            let stand = zip(tested, holm(tested.map(\.p))).filter { $1 < Finding.level }.map(\.0)
            let names = [("ahead in", stand.filter { $0.gain > 0 }), ("behind in", stand.filter { $0.gain < 0 })]
                .filter { !$0.1.isEmpty }.map { way, lines in "\(way) \(lines.map(\.name).joined(separator: ", "))" }
            sentences.append(
                "Paired t tests over seeds, by Holm's correction for \(tested.count) categories: "
                    + (names.isEmpty ? "no category stands alone" : names.joined(separator: "; ")) + ".")
        }
        let intervals = lines.compactMap(\.images)
        if !intervals.isEmpty {
            let count = intervals.count(where: \.stands)
            let chance = String(format: "%.0f", max(Double(intervals.count) * Finding.level, 1))
            sentences.append(
                "Of \(intervals.count) intervals over images \(count) leave\(count == 1 ? "s" : "") out 0; where nothing differs about"
                    + " \(chance) would by chance.")
        }
        return sentences.isEmpty ? "" : "\(type.objects). " + sentences.joined(separator: " ")
    }
}
