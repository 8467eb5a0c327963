import Foundation
import Support

extension Evaluation {
    /// One number of a summary.
    struct Line: Sendable {
        let name: String
        let quantity: Quantity
        var iou: Double?
        /// The place of an area range.
        var area = 0
        /// The place of a limit on detections; the highest without it.
        var limit: Int?
        /// LVIS only.
        var frequency: Category.Frequency?
    }

    /// The numbers that the protocol reports, in its order; −1 where there is nothing to average. COCO has twelve of them, and
    /// ten for keypoints; LVIS thirteen.
    public var summary: [(name: String, value: Double)] {
        lines.map { line in
            let categories = line.frequency.map { f in self.categories.indices.filter { self.categories[$0].frequency == f } }
            return (
                line.name,
                mean(line.quantity, iou: line.iou, categories: categories, area: line.area, limit: line.limit) ?? -1
            )
        }
    }

    /// One number of the summary by its name: AP, AP50, AP75, APs, APm, APl, AR1, AR10, AR100, ARs, ARm, ARl.
    public subscript(name: String) -> Double? { summary.first { $0.name == name }?.value }

    private var lines: [Line] {
        let sizes = evaluator.areaRanges.indices.dropFirst()
        let names = evaluator.areaRanges.map { ["small": "s", "medium": "m", "large": "l"][$0.name] ?? "-\($0.name)" }
        func precision(_ suffix: String, iou: Double? = nil, area: Int = 0) -> Line {
            Line(name: "AP\(suffix)", quantity: .precision, iou: iou, area: area)
        }
        let ap =
            [precision(""), precision("50", iou: 0.5), precision("75", iou: 0.75)]
            + sizes.map { precision(names[$0], area: $0) }
        let last = evaluator.detectionLimits.last ?? 0
        switch (evaluator.rules, type) {
        case (.lvis, _):
            return ap
                + Category.Frequency.allCases.map { Line(name: "AP\($0.rawValue)", quantity: .precision, frequency: $0) }
                + [Line(name: "AR@\(last)", quantity: .recall)]
                + sizes.map { Line(name: "AR\(names[$0])@\(last)", quantity: .recall, area: $0) }
        case (.coco, .keypoints):
            return ap + [
                Line(name: "AR", quantity: .recall), Line(name: "AR50", quantity: .recall, iou: 0.5),
                Line(name: "AR75", quantity: .recall, iou: 0.75),
            ] + sizes.map { Line(name: "AR\(names[$0])", quantity: .recall, area: $0) }
        case (.coco, _):
            return ap
                + evaluator.detectionLimits.indices.map {
                    Line(name: "AR\(evaluator.detectionLimits[$0])", quantity: .recall, limit: $0)
                }
                + sizes.map { Line(name: "AR\(names[$0])", quantity: .recall, area: $0) }
        }
    }

    // MARK: - For people

    /// A line per number, as pycocotools and lvis print them.
    public var text: String {
        let thresholds = evaluator.iouThresholds
        let all = String(format: "%.2f:%.2f", thresholds.first ?? 0, thresholds.last ?? 0)
        return zip(lines, summary).map { line, number in
            let title = line.quantity == .precision ? "Average Precision" : "Average Recall"
            let kind = line.quantity == .precision ? "(AP)" : "(AR)"
            let iou = line.iou.map { String(format: "%.2f", $0) } ?? all
            let name = evaluator.areaRanges[line.area].name
            let area = evaluator.rules == .lvis && line.area > 0 ? String(name.prefix(1)) : name
            let limit = evaluator.detectionLimits[line.limit ?? evaluator.detectionLimits.count - 1]
            let categories = evaluator.rules == .lvis ? " catIds=\(padded(line.frequency?.rawValue ?? "all", 3, right: true))" : " "
            let place = "area=\(padded(area, 6, right: true)) | maxDets=\(padded("\(limit)", 3, right: true))\(categories)"
            return " \(padded(title, 18)) \(kind) @[ IoU=\(padded(iou, 9)) | \(place)] = \(String(format: "%.3f", number.value))"
        }.joined(separator: "\n")
    }

    /// A line per category: AP, AP50, AP75 and AR; a dash where there are no objects.
    public var categoryText: String {
        let columns = [perCategoryAP(), perCategoryAP(iou: 0.5), perCategoryAP(iou: 0.75), perCategoryAR]
        let rows = categories.enumerated().map { k, category in
            ["\(category.writtenID)", category.name] + columns.map { $0[k].map { String(format: "%.3f", $0) } ?? "–" }
        }
        return aligned([["id", "category", "AP", "AP50", "AP75", "AR"]] + rows).joined(separator: "\n")
    }

    // MARK: - For programs

    /// The summary's numbers and perCategoryAP by category id; null for a category without objects.
    public var json: JSON {
        let perCategory = zip(categories, perCategoryAP()).map { category, ap in
            (key: "\(category.writtenID)", value: ap.map(JSON.double) ?? .null)
        }
        return .object(
            summary.map { (key: $0.name, value: .double($0.value)) } + [("perCategoryAP", .object(perCategory))])
    }
}

private func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
    let space = String(repeating: " ", count: max(width - text.count, 0))
    return right ? space + text : text + space
}
