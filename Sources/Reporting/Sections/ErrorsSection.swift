import COCO
import Support

extension ReportSection {
    /// TIDE's errors of every method. Nil where nothing is known of any's detections.
    static func errors(_ report: Report) -> ReportSection? {
        let found = report.detections.errors
        guard !found.isEmpty else { return nil }
        let kinds = ErrorAnalysis.Kind.allCases
        let tables = report.types.compactMap { type -> ReportTable? in
            let lines = found.filter { $0.type == type }
            guard !lines.isEmpty else { return nil }
            return ReportTable(
                title: "\(type.objects): AP50 lost to each kind of error",
                header: ["method", "AP50"] + kinds.map(\.rawValue) + ["FP", "FN"],
                lines: lines.map { errors in
                    (
                        errors.method,
                        ([errors.ap] + errors.costs.map(\.ap) + [errors.falsePositives, errors.falseNegatives]).map { .init($0) }
                    )
                })
        }
        let legend =
            "By TIDE (arXiv 2008.08115), mean over seeds: what AP50 would gain if each kind of error alone were mended. "
            + kinds.map { "\($0.rawValue): \($0.explanation)" }.joined(separator: "; ")
            + "; FP: all false positives; FN: all objects not found. TIDE's AP50 counts 0 for a category that is detected and has no"
            + " objects, which COCO's leaves out."
        return ReportSection(
            id: "errors", label: "Errors", title: "What keeps AP down", blocks: [.tables(tables), .remark(legend)],
            json: [("errors", .array(found.map(json)))])
    }

    private static func json(_ errors: DetectionAnalysis.Errors) -> JSON {
        [
            "method": .string(errors.method), "type": .string(errors.type.rawValue), "AP50": errors.ap.json,
            "costs": .object(errors.costs.map { ($0.kind.rawValue, $0.ap.json) }), "false_positives": errors.falsePositives.json,
            "false_negatives": errors.falseNegatives.json,
        ]
    }
}
