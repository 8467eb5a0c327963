import Foundation
import Support

extension ErrorAnalysis {
    /// A line a kind of error, with its cost in hundredths of AP and a bar.
    public var text: String {
        let most = max(costs.map(\.ap).max() ?? 0, 1e-12)
        let rows = costs.map { cost in
            [
                hundredths(cost.ap), cost.kind.rawValue, "\(cost.count)",
                String(repeating: "█", count: Int((cost.ap / most * 30).rounded())), cost.kind.explanation,
            ]
        }
        let title = "AP at IoU \(overlap): \(hundredths(ap)). What each kind of error costs of it, mended alone:"
        let special = "all false positives \(hundredths(falsePositives)), all objects not found \(hundredths(falseNegatives))"
        return ([title] + aligned([["dAP", "", "errors", "", ""]] + rows, words: [1, 3, 4]) + [special]).joined(separator: "\n")
    }

    /// For programs; AP from 0 to 1.
    public var json: JSON {
        [
            "ap": .double(ap), "overlap": .double(overlap), "background": .double(background),
            "errors": .object(costs.map { (key: $0.kind.rawValue, value: ["ap": .double($0.ap), "count": .int($0.count)]) }),
            "falsePositives": .double(falsePositives), "falseNegatives": .double(falseNegatives),
        ]
    }
}

extension ErrorAnalysis.Kind {
    /// What went wrong, in a few words.
    public var explanation: String {
        switch self {
        case .classification: "lies well, wrong category"
        case .localization: "right category, lies badly"
        case .both: "wrong category, and lies badly"
        case .duplicate: "object found already"
        case .background: "no object there"
        case .missed: "object not found"
        }
    }
}

private func hundredths(_ value: Double) -> String { String(format: "%.2f", value * 100) }
