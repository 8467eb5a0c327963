import COCO
import Support

extension ReportSection {
    /// Every COCO number of every method, the gain over the baseline, and what a seed costs.
    static func methods(_ report: Report) -> ReportSection? {
        let tables =
            report.types.map { precision($0, report) } + report.types.map { recall($0, report) } + [cost(report.rows)]
        return ReportSection(
            id: "methods", label: "Methods", title: "Methods", blocks: [.tables(tables), .remark(legend(report))],
            jsonOfMethod: Dictionary(report.rows.map { ($0.method, json($0, report)) }) { $1 },
            measurements: report.rows.flatMap { row in report.types.flatMap { measurements(row, $0.rawValue) } })
    }

    private static func numbers(_ names: [String], _ type: IoUType) -> [ReportTable.Column] {
        names.map { name in ReportTable.Column(name) { .init($0.estimate(name, type.rawValue)) } }
    }

    private static func precision(_ type: IoUType, _ report: Report) -> ReportTable {
        var columns = numbers(ReportTable.precision, type)
        let gains = report.rows.map { report.gain($0, type.rawValue) }
        if gains.contains(where: { $0 != nil }) {
            columns.append(
                ReportTable.Column("gain") { row in
                    report.gain(row, type.rawValue).map { .init(gain: $0.gain) } ?? .blank
                })
        }
        let tested = zip(report.rows, gains).compactMap { row, gain in gain?.p.map { (method: row.method, p: $0) } }
        func column(_ title: String, _ ps: [Double]) -> ReportTable.Column {
            let byMethod = Dictionary(zip(tested.map(\.method), ps)) { $1 }
            return ReportTable.Column(title) { row in byMethod[row.method].map { .init(text: Finding.pValue($0), value: $0) } ?? .blank }
        }
        let ps = tested.map(\.p)
        if !ps.isEmpty { columns.append(column("p", ps)) }
        // Several methods held against one: some p is small by chance.
        if ps.count > 1 { columns.append(column("p, Holm", holm(ps))) }
        return ReportTable(title: type.objects, of: report.rows, columns)
    }

    private static func recall(_ type: IoUType, _ report: Report) -> ReportTable {
        ReportTable(title: "\(type.objects), recall", of: report.rows, numbers(ReportTable.recall, type))
    }

    /// What each method took: images and time of both stages.
    private static func cost(_ rows: [Report.Row]) -> ReportTable {
        func images(_ runs: [RunRecord]) -> ReportTable.Cell {
            .init(count: Estimate(runs.compactMap { $0.file.cost.map { Double($0.images) } })?.mean)
        }
        func seconds(_ runs: [RunRecord]) -> Double? { Estimate(runs.compactMap { $0.file.cost?.seconds })?.mean }
        return ReportTable(
            title: "Cost of a seed", of: rows,
            [
                ReportTable.Column("seeds") { .init(count: Double($0.runs.count)) },
                ReportTable.Column("pretraining images") { images($0.pretraining) },
                ReportTable.Column("time") { .init(seconds: seconds($0.pretraining)) },
                ReportTable.Column("fine-tuning images") { images($0.runs) },
                ReportTable.Column("time") { .init(seconds: seconds($0.runs)) },
                ReportTable.Column("time in all") { row in
                    .init(seconds: seconds(row.runs).map { $0 + (seconds(row.pretraining) ?? 0) })
                },
            ])
    }

    /// How the tables are to be read.
    private static func legend(_ report: Report) -> String {
        let hasSeeds = report.hasSeeds
        let isTimed = report.rows.contains { $0.all.contains { $0.file.cost != nil && !$0.file.environment.isEmpty } }
        return "AP in hundredths, mean over seeds" + (hasSeeds ? " ± half a 95% interval by Student's t" : "; one seed gives no interval")
            + ". Gain: AP over \(report.baseline.title), paired by seed"
            + (hasSeeds ? "; p: of the paired t test" : "")
            + (hasSeeds && report.rows.count > 2 ? "; p, Holm: corrected for the number of methods held against it." : ".")
            + (isTimed ? " Time: the training loop's, on the machine below." : "")
    }

    private static func json(_ row: Report.Row, _ report: Report) -> [(key: String, value: JSON)] {
        let ofTypes = report.types.map(\.rawValue).flatMap { type -> [(key: String, value: JSON)] in
            let names = ReportTable.precision + ReportTable.recall
            let gain = report.gain(row, type).map { gain -> JSON in ["AP": gain.gain.json, "p": gain.p.map(JSON.double) ?? .null] }
            return [
                (type, .object(names.map { ($0, row.estimate($0, type)?.json ?? .null) })), ("\(type)_gain", gain ?? .null),
            ]
        }
        func cost(_ runs: [RunRecord]) -> JSON {
            [
                "images": Estimate(runs.compactMap { $0.file.cost.map { Double($0.images) } })?.json ?? .null,
                "seconds": Estimate(runs.compactMap { $0.file.cost?.seconds })?.json ?? .null,
            ]
        }
        return ofTypes + [("pretraining", cost(row.pretraining)), ("fine_tuning", cost(row.runs))]
    }

    private static func measurements(_ row: Report.Row, _ type: String) -> [Measurement] {
        (ReportTable.precision + ReportTable.recall).flatMap { name -> [Measurement] in
            let estimate = row.estimate(name, type)
            let mean = Measurement(
                method: row.method, seed: nil, type: type, name: name, value: estimate?.mean, halfWidth: estimate?.halfWidth,
                seeds: estimate?.count ?? 0)
            return [mean]
                + row.runs.map {
                    Measurement(method: row.method, seed: $0.seed, type: type, name: name, value: $0.number(name, type))
                }
        }
    }
}
