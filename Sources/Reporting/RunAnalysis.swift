import COCO
import Support

/// What a run's detections tell beyond its AP: precision by recall, and what keeps the AP down. A run keeps it as analysis.json,
/// beside evaluation.json, so that a report of many runs need not match all their detections again.
public struct RunAnalysis: Sendable {
    /// Of boxes, or of masks.
    struct Part: Sendable {
        let type: IoUType
        /// Precision at each recall point, the mean over categories: at an IoU of 0.5, of 0.75, and the mean over all
        /// thresholds. Empty where there are no objects.
        let at50, at75, mean: [Double]
        let errors: Errors
    }

    /// TIDE's, by the AP that mending each kind alone would give.
    struct Errors: Sendable {
        /// At an IoU of 0.5.
        let ap: Double
        let costs: [ErrorAnalysis.Kind: Double]
        let falsePositives, falseNegatives: Double
    }

    static let schema = 1

    let parts: [Part]

    /// - Parameter evaluations: of the same results.
    /// - Throws: `UserError` for a detection on an unknown image, or a mask that does not fit its image.
    public init(_ results: Results, _ evaluations: [(type: IoUType, evaluation: Evaluation)], against dataset: Dataset) throws {
        parts = try evaluations.map { type, evaluation in
            let errors = try ErrorAnalysis(results, against: dataset, by: type)
            func curve(_ iou: Double?) -> [Double] { evaluation.precisionCurve(iou: iou) ?? [] }
            return Part(
                type: type, at50: curve(0.5), at75: curve(0.75), mean: curve(nil),
                errors: Errors(
                    ap: errors.ap, costs: Dictionary(errors.costs.map { ($0.kind, $0.ap) }) { $1 },
                    falsePositives: errors.falsePositives, falseNegatives: errors.falseNegatives))
        }
    }
}

// MARK: - analysis.json

extension RunAnalysis {
    private static let curves = ["iou_0.50", "iou_0.75", "iou_0.50:0.95"]

    /// Nil for what is no analysis, or one of another schema: then it is made again from the detections.
    init?(_ json: JSON) {
        guard json["schema"]?.int == Self.schema else { return nil }
        var parts: [Part] = []
        for type in IoUType.detection {
            guard let part = json[type.rawValue] else { continue }
            let curves = Self.curves.compactMap { part[$0]?.array?.compactMap(\.double) }
            let costs = Dictionary(
                ErrorAnalysis.Kind.allCases.compactMap { kind in part["costs"]?[kind.rawValue]?.double.map { (kind, $0) } }
            ) { $1 }
            guard curves.count == Self.curves.count, Set(curves.map(\.count)).count == 1, curves[0].isEmpty || curves[0].count == 101,
                costs.count == ErrorAnalysis.Kind.allCases.count, let ap = part["AP50"]?.double,
                let positives = part["false_positives"]?.double, let negatives = part["false_negatives"]?.double
            else { return nil }
            parts.append(
                Part(
                    type: type, at50: curves[0], at75: curves[1], mean: curves[2],
                    errors: Errors(ap: ap, costs: costs, falsePositives: positives, falseNegatives: negatives)))
        }
        self.parts = parts
    }

    /// The contents of analysis.json, in the words of report.json.
    public var json: JSON {
        .object(
            [("schema", .int(Self.schema))]
                + parts.map { part in
                    let curves = zip(Self.curves, [part.at50, part.at75, part.mean]).map { name, curve in
                        (key: name, value: JSON.array(curve.map(JSON.double)))
                    }
                    let errors: [(key: String, value: JSON)] = [
                        ("AP50", .double(part.errors.ap)),
                        ("costs", .object(ErrorAnalysis.Kind.allCases.map { ($0.rawValue, .double(part.errors.costs[$0] ?? 0)) })),
                        ("false_positives", .double(part.errors.falsePositives)),
                        ("false_negatives", .double(part.errors.falseNegatives)),
                    ]
                    return (part.type.rawValue, .object(curves + errors))
                })
    }
}
