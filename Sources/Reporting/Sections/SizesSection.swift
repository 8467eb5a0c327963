import COCO
import Support

extension ReportSection {
    /// The candidate's gain by size of objects: over seeds, and over images. Nil where there is but one method.
    static func sizes(_ report: Report) -> ReportSection? {
        guard let candidate = report.candidate else { return nil }
        let names = [("all sizes", "AP"), ("small", "APs"), ("medium", "APm"), ("large", "APl")]
        let table = ReportTable(
            title: "Gain of \(candidate.title) over \(report.baseline.title), by size",
            header: ["objects", report.baseline.method, candidate.method, "gain", "95% over images"],
            lines: report.types.flatMap { type in
                names.enumerated().map { i, name in
                    (
                        "\(type.noun) AP, \(name.0)",
                        [
                            .init(report.baseline.estimate(name.1, type.rawValue)), .init(candidate.estimate(name.1, type.rawValue)),
                            .init(gain: report.gain(candidate, type.rawValue, name.1)?.gain),
                            .init(interval: report.detections.comparison(type)?.bySize[i].line),
                        ]
                    )
                }
            })
        let overImages = report.types.compactMap { type in report.detections.comparison(type).map { (key: type.rawValue, value: $0.json) } }
        return ReportSection(
            id: "sizes", label: "Sizes", title: "By size of objects",
            blocks: [
                .tables([table]),
                .remark(
                    "Small: up to 32² pixels; medium: up to 96²; large: more. The interval over images is of the gain's mean over seeds, by"
                        + " paired bootstrap."),
            ], json: overImages.isEmpty ? [] : [("over_images", .object(overImages))])
    }
}
