import Foundation

/// A table with a method a line, once for every format.
struct ReportTable {
    let title: String
    /// The first column holds the methods.
    let header: [String]
    let lines: [[String]]

    /// The three tables of a report.
    static func all(of report: Report) -> [ReportTable] {
        [numbers("Boxes", "bbox", report), numbers("Masks", "segm", report), backbones(report)]
    }

    private static func numbers(_ title: String, _ type: String, _ report: Report) -> ReportTable {
        let names = ["AP", "AP50", "AP75", "APs", "APm", "APl"]
        return ReportTable(
            title: title, header: ["method"] + names + ["gain"],
            lines: report.rows.map { row in
                [row.method] + names.map { row.estimate($0, type).map(cell) ?? "–" } + [gain(report.gain(row, type))]
            })
    }

    private static func backbones(_ report: Report) -> ReportTable {
        ReportTable(
            title: "Backbones", header: ["method", "region cosine", "effective rank", "pretraining"],
            lines: report.rows.map { row in
                let cosine = row.regions("mean_pairwise_cosine").map { String(format: "%.3f", $0.mean) } ?? "–"
                let rank = row.regions("effective_rank").map { String(format: "%.1f", $0.mean) } ?? "–"
                return [row.method, cosine, rank, cost(row)]
            })
    }

    /// −1 is pycocotools' word for no objects of a size.
    private static func cell(_ estimate: Estimate) -> String { estimate.mean < 0 ? "–" : estimate.asPoints }

    private static func gain(_ comparison: PairedComparison?) -> String {
        guard let gain = comparison?.gain else { return "" }
        let size = points(abs(gain.mean))
        let sign = size == points(0) ? "" : gain.mean < 0 ? "−" : "+"
        return sign + size + (gain.halfWidth.map { " ± \(points($0))" } ?? "")
    }

    private static func cost(_ row: Report.Row) -> String {
        guard let images = Estimate(row.pretraining.map { Double($0.images) }),
            let seconds = Estimate(row.pretraining.map(\.seconds))
        else { return "none" }
        let time = seconds.mean < 3600 ? String(format: "%.0f s", seconds.mean) : String(format: "%.1f h", seconds.mean / 3600)
        return "\(Int(images.mean)) images, \(time)"
    }
}
