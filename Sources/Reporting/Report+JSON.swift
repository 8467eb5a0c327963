import COCO
import Support

extension Report {
    /// For programs: schema 3, as reports/README.md describes it.
    public var json: JSON {
        [
            "schema": .int(Self.schema), "headline": .string(headline),
            "grounds": .array(grounds.map { ["title": .string($0.title), "text": .string($0.text)] }), "baseline": .string(baseline.method),
            "candidate": candidate.map { .string($0.method) } ?? .null, "methods": .array(rows.map(method)),
            "over_images": overImages,
            "categories": .array(categories.map { ["id": .string($0.id), "name": .string($0.name)] }),
            "precision_by_recall": .array(
                detections.curves.map { curve in
                    [
                        "method": .string(curve.method), "type": .string(curve.type.rawValue), "iou_0.50": numbers(curve.at50),
                        "iou_0.75": numbers(curve.at75), "iou_0.50:0.95": numbers(curve.mean),
                    ]
                }),
            "errors": .array(detections.errors.map(errors)),
            "differences": .array(
                differences.map {
                    ["stage": .string($0.stage), "name": .string($0.name), "values": .array($0.values.map(JSON.string))]
                }),
            "published": .array(
                Published.all.map { entry in
                    [
                        "method": .string(entry.method), "box": .string(entry.box), "mask": .string(entry.mask),
                        "setting": .string(entry.setting), "source": .string(entry.source), "url": .string(entry.url),
                    ]
                }),
            "commands": .array(reproduction.commands.map(JSON.string)), "notes": .array(notes.map(JSON.string)),
        ]
    }

    private func method(_ row: Row) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("method", .string(row.method)), ("seeds", .array(row.runs.map { .int($0.seed) })),
        ]
        for type in types.map(\.rawValue) {
            let names = ReportTable.precision + ReportTable.recall
            members.append((type, .object(names.map { ($0, estimate(row.estimate($0, type))) })))
            let gain = gain(row, type)
            members.append(
                (
                    "\(type)_gain",
                    gain == nil ? .null : ["AP": estimate(gain?.gain), "p": (gain?.p).map(JSON.double) ?? .null]
                ))
            let byCategory = row.runs.map { Dictionary($0.categoryAP(type).map { ($0.id, $0.ap) }) { $1 } }
            members.append(
                (
                    "\(type)_by_category",
                    .object(
                        categories.map { category in
                            (category.id, estimate(Estimate(byCategory.compactMap { $0[category.id] ?? nil })))
                        })
                ))
        }
        func cost(_ runs: [RunRecord]) -> JSON {
            [
                "images": estimate(Estimate(runs.compactMap { $0.images.map(Double.init) })),
                "seconds": estimate(Estimate(runs.compactMap(\.seconds))),
            ]
        }
        members.append(
            (
                "regions",
                [
                    "mean_pairwise_cosine": estimate(row.regions("mean_pairwise_cosine")),
                    "effective_rank": estimate(row.regions("effective_rank")),
                ]
            ))
        members += [("pretraining", cost(row.pretraining)), ("fine_tuning", cost(row.runs))]
        return .object(members)
    }

    private var overImages: JSON {
        let found = types.compactMap { type in detections.comparison(type).map { (key: type.rawValue, value: $0.json) } }
        return found.isEmpty ? .null : .object(found)
    }

    private func estimate(_ estimate: Estimate?) -> JSON {
        guard let estimate else { return .null }
        return [
            "mean": .double(estimate.mean), "half_width": estimate.halfWidth.map(JSON.double) ?? .null,
            "seeds": .int(estimate.count),
        ]
    }

    private func errors(_ errors: DetectionAnalysis.Errors) -> JSON {
        let costs = errors.costs.map { (key: $0.kind.rawValue, value: estimate($0.ap)) }
        return [
            "method": .string(errors.method), "type": .string(errors.type.rawValue), "AP50": estimate(errors.ap),
            "costs": .object(costs), "false_positives": estimate(errors.falsePositives),
            "false_negatives": estimate(errors.falseNegatives),
        ]
    }

    /// The mean over seeds.
    private func numbers(_ curves: [[Double]]) -> JSON {
        .array(Chart.Series(name: "", meanOf: curves).points.map { .double($0.y) })
    }
}
