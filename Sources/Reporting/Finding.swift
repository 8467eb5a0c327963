import COCO
import Foundation

extension Report {
    /// What was found and how sure it is, in words: `headline`, then `detail`.
    public var finding: String { [headline, detail].filter { !$0.isEmpty }.joined(separator: " ") }

    /// The gain, with its interval over seeds where there are several.
    public var headline: String {
        guard let candidate else { return "Only \(baseline.title) was measured: nothing to compare it with." }
        let gains = types.compactMap { type in gain(candidate, type.rawValue).map { (type: type, pair: $0) } }
        guard let first = gains.first else {
            return "No seed was run with both \(baseline.title) and \(candidate.title): nothing to compare."
        }
        let what = "\(candidate.title) is \(Self.comparison(gains.map { ($0.type, $0.pair.gain) }, baseline.title))"
        guard first.pair.gain.halfWidth != nil else {
            return "\(what), with one seed. One seed proves little: there is no interval over seeds to hold the gain against."
        }
        return "\(what) (95% over \(first.pair.gain.count) seeds): \(Self.verdict(gains))."
    }

    /// What a paired t test and a bootstrap over images add.
    var detail: String {
        guard let candidate else { return "" }
        var sentences: [String] = []
        let tests = types.compactMap { type in
            gain(candidate, type.rawValue)?.p.map { "p = \(Self.p($0)) in \(type.noun) AP" }
        }
        if !tests.isEmpty { sentences.append("Paired t test over seeds: \(tests.joined(separator: ", ")).") }
        let intervals = types.compactMap { type in
            detections?.comparison(type)?.bySize.first?.line.map { "\(Self.interval($0)) \(type.noun) AP" }
        }
        if let count = detections?.imageCount, !intervals.isEmpty {
            sentences.append(
                "Paired bootstrap over the \(count) validation images, 95%: \(intervals.joined(separator: ", ")).")
        }
        return sentences.joined(separator: " ")
    }

    static func interval(_ line: Comparison.Line) -> String {
        "\(signedPoints(line.interval.lowerBound)) to \(signedPoints(line.interval.upperBound))"
    }

    static func p(_ value: Double) -> String { value < 0.0005 ? String(format: "%.1e", value) : String(format: "%.3f", value) }

    /// "ahead of BYOL by 2.1 ± 0.9 box AP and 1.4 ± 0.6 mask AP".
    private static func comparison(_ gains: [(type: IoUType, gain: Estimate)], _ other: String) -> String {
        func isLevel(_ gain: Estimate) -> Bool { points(abs(gain.mean)) == points(0) }
        func way(_ gain: Estimate) -> String { isLevel(gain) ? "level with" : gain.mean > 0 ? "ahead of" : "behind" }
        func size(_ gain: Estimate, _ type: IoUType) -> String {
            let spread = gain.halfWidth.map { " ± \(points($0))" } ?? ""
            return "\(points(abs(gain.mean)))\(spread) \(type.noun) AP"
        }
        func phrase(_ gain: Estimate, _ type: IoUType, _ object: String) -> String {
            guard isLevel(gain) else { return "\(way(gain)) \(object) by \(size(gain, type))" }
            return "level with \(object) in \(type.noun) AP" + (gain.halfWidth.map { " (± \(points($0)))" } ?? "")
        }
        let first = phrase(gains[0].gain, gains[0].type, other)
        guard gains.count > 1 else { return first }
        let second = gains[1]
        let isTogether = way(gains[0].gain) == way(second.gain) && !isLevel(second.gain)
        return isTogether
            ? "\(first) and \(size(second.gain, second.type))" : "\(first), and \(phrase(second.gain, second.type, "it"))"
    }

    /// Whether the intervals over seeds leave out 0.
    private static func verdict(_ gains: [(type: IoUType, pair: PairedComparison)]) -> String {
        func stands(_ pair: PairedComparison) -> Bool { (pair.gain.halfWidth ?? .infinity) < abs(pair.gain.mean) }
        switch (gains.count { stands($0.pair) }, gains.count) {
        case (0, 1): return "the interval holds 0, so that the difference may be chance"
        case (1, 1): return "the interval leaves out 0"
        case (0, _): return "both intervals hold 0, so that the difference may be chance"
        case (2, _): return "both intervals leave out 0"
        default:
            let sure = gains.first { stands($0.pair) }?.type.noun ?? ""
            let other = gains.first { !stands($0.pair) }?.type.noun ?? ""
            return "the interval of \(sure) AP leaves out 0, that of \(other) AP holds it"
        }
    }
}
