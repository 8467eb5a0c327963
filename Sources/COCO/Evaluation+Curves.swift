import Support

extension Evaluation {
    /// Precision and score over `evaluator.recallPoints` at the first area range and the highest limit on detections, a curve an
    /// IoU threshold, by category id; null for a category without objects. Where categories are not told apart it is `all`.
    public var curvesJSON: JSON {
        let (T, R, K, A, M) = (shape[0], shape[1], shape[2], shape[3], shape[4])
        func curves(_ values: [Double], _ k: Int) -> JSON {
            .array(
                (0..<T).map { t in
                    .array((0..<R).map { r in .double(values[((t * R + r) * K + k) * A * M + M - 1]) })
                })
        }
        let names = categories.isEmpty ? ["all"] : categories.map { "\($0.writtenID)" }
        let byCategory = names.enumerated().map { k, name -> (key: String, value: JSON) in
            let isEmpty = precision[k * A * M + M - 1] < 0
            return (name, isEmpty ? .null : ["precision": curves(precision, k), "scores": curves(scores, k)])
        }
        return [
            "recall": .array(evaluator.recallPoints.map(JSON.double)),
            "iouThresholds": .array(evaluator.iouThresholds.map(JSON.double)), "perCategory": .object(byCategory),
        ]
    }
}
