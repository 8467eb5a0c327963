import COCO
import Support

extension ReportSection {
    /// Precision by recall of every method. Nil where nothing is known of any's detections.
    static func precision(_ report: Report) -> ReportSection? {
        let curves = report.detections.curves
        func charts(_ type: IoUType) -> [Chart] {
            let ofRows = report.rows.map { row in curves.first { $0.method == row.method && $0.type == type } }
            func chart(_ title: String, _ value: (DetectionAnalysis.Curve) -> [[Double]]) -> Chart {
                Chart(
                    title: "\(type.objects), \(title)", xTitle: "recall",
                    series: zip(report.rows, ofRows).map { row, curve in
                        Chart.Series(name: row.method, meanOf: curve.map(value) ?? [])
                    }, span: 0...1)
            }
            return [chart("IoU 0.5", \.at50), chart("IoU 0.75", \.at75), chart("mean over IoU 0.5 to 0.95", \.mean)]
        }
        let caption = "Mean over categories" + (report.hasSeeds ? " and seeds; bands: from the least seed to the greatest." : ".")
        guard let sheet = ChartSheet(report.types.flatMap(charts), lines: report.rows.map(\.method), caption: caption) else { return nil }
        /// The mean over seeds.
        func numbers(_ curves: [[Double]]) -> JSON { .array(Chart.Series(name: "", meanOf: curves).points.map { .double($0.y) }) }
        return ReportSection(
            id: "precision", label: "Precision", title: "Precision by recall", blocks: [.charts(sheet)],
            json: [
                (
                    "precision_by_recall",
                    .array(
                        curves.map { curve in
                            [
                                "method": .string(curve.method), "type": .string(curve.type.rawValue), "iou_0.50": numbers(curve.at50),
                                "iou_0.75": numbers(curve.at75), "iou_0.50:0.95": numbers(curve.mean),
                            ]
                        })
                )
            ])
    }
}
