import Foundation

/// The table of methods, once for every format.
struct ReportTable {
    let header: [String]
    /// A method a line; the first cell is its name.
    let lines: [[String]]

    init(_ report: Report) {
        let numbers = ["AP", "AP50", "AP75", "APs", "APm", "APl"]
        header =
            ["method"] + numbers.map { "box \($0)" } + ["gain"] + numbers.map { "mask \($0)" } + ["gain"]
            + ["region cosine", "effective rank", "pretraining"]
        lines = report.rows.map { row in
            func cells(_ type: String) -> [String] {
                numbers.map { row.estimate($0, type).map(Self.cell) ?? "–" } + [Self.gain(report.gain(row, type))]
            }
            let cosine = row.regions("mean_pairwise_cosine").map { String(format: "%.3f", $0.mean) } ?? "–"
            let rank = row.regions("effective_rank").map { String(format: "%.1f", $0.mean) } ?? "–"
            return [row.method] + cells("bbox") + cells("segm") + [cosine, rank, Self.cost(row)]
        }
    }

    /// −1 is pycocotools' word for no objects of a size.
    private static func cell(_ estimate: Estimate) -> String { estimate.mean < 0 ? "–" : estimate.asPoints }

    private static func gain(_ comparison: PairedComparison?) -> String {
        guard let gain = comparison?.gain else { return "" }
        let sign = gain.mean < 0 ? "−" : "+"
        return sign + points(abs(gain.mean)) + (gain.halfWidth.map { " ± \(points($0))" } ?? "")
    }

    private static func cost(_ row: Report.Row) -> String {
        guard let images = Estimate(row.pretraining.map { Double($0.images) }),
            let seconds = Estimate(row.pretraining.map(\.seconds))
        else { return "none" }
        let time = seconds.mean < 3600 ? String(format: "%.0f s", seconds.mean) : String(format: "%.1f h", seconds.mean / 3600)
        return "\(Int(images.mean)) images, \(time)"
    }
}
