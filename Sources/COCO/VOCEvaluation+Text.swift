import Foundation
import Support

extension VOCEvaluation {
    /// Six lines: AP, AP50 and AP75 by either measure.
    public var text: String {
        let lines = [("AP", nil), ("AP50", 0.5), ("AP75", 0.75)].flatMap { name, iou in
            [("2007, 11 points", \Precision.elevenPoints), ("2010, area", \.area)].map { measure, value in
                [mean(iou: iou) { $0[keyPath: value] }.map { String(format: "%.3f", $0) } ?? "–", "\(name), VOC \(measure)"]
            }
        }
        return aligned(lines).joined(separator: "\n")
    }

    /// A line per category: AP50 and AP75 by either measure.
    public var categoryText: String {
        func column(_ iou: Double, _ value: (Precision) -> Double) -> [String] {
            let t = iouThresholds.firstIndex { abs($0 - iou) < 1e-9 }
            return perCategory.map { precision in
                t.flatMap { t in precision.map { String(format: "%.3f", value($0[t])) } } ?? "–"
            }
        }
        let columns = [0.5, 0.75].flatMap { [column($0, \.elevenPoints), column($0, \.area)] }
        let rows = categories.enumerated().map { k, category in ["\(category.writtenID)", category.name] + columns.map { $0[k] } }
        return aligned([["id", "category", "AP50 2007", "AP50 2010", "AP75 2007", "AP75 2010"]] + rows).joined(separator: "\n")
    }

    /// The means over categories by either measure, from 0 to 1; null without objects.
    public var json: JSON {
        func numbers(_ value: (Precision) -> Double) -> JSON {
            .object(
                [("AP", nil), ("AP50", 0.5), ("AP75", 0.75)].map { name, iou in
                    (key: name, value: mean(iou: iou, value).map(JSON.double) ?? .null)
                })
        }
        return ["voc2007": numbers(\.elevenPoints), "voc2010": numbers(\.area)]
    }
}
