import Foundation
import Support

extension ConfusionMatrix {
    /// Precision and recall of each category at the score, and what was taken for what most often.
    public var text: String {
        func part(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "–" }
        let rows = categories.indices.compactMap { k in
            point(k).map {
                ["\(categories[k].id)", categories[k].name, part($0.precision), part($0.recall), "\($0.objects)", "\($0.found)"]
            }
        }
        let table = aligned([["id", "category", "precision", "recall", "objects", "found"]] + rows)
        let pairs = commonest(10).map { pair in
            let (truth, found) = (pair.truth.map { categories[$0].name }, pair.found.map { categories[$0].name })
            let what =
                switch (truth, found) {
                case (let truth?, let found?): "\(truth) taken for \(found)"
                case (let truth?, nil): "\(truth) not found"
                case (nil, let found): "\(found ?? "") where there is none"
                }
            return ["\(pair.count)", what]
        }
        return (["At score \(score) and IoU \(overlap):"] + table + ["Commonest confusions:"] + aligned(pairs)).joined(separator: "\n")
    }

    /// The matrix, its rows the objects' categories and its columns the detections', nothing last.
    public var json: JSON {
        let side = categories.count + 1
        return [
            "score": .double(score), "overlap": .double(overlap),
            "categories": .array(categories.map { .int($0.id) }),
            "counts": .array((0..<side).map { row in .array((0..<side).map { .int(counts[row * side + $0]) }) }),
        ]
    }
}
