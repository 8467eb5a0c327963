import COCO
import Foundation

/// What was found and how sure it is, in words: a line that can stand alone, and what bears it.
struct Finding {
    /// What differs and by how much, over how many seeds and images, and whether that is evidence.
    let headline: String
    /// Each with a title: over seeds, over images, and where these two disagree.
    let grounds: [(title: String, text: String)]

    /// The level of every test and interval.
    static let level = 0.05

    init(_ report: Report) {
        let baseline = report.baseline
        guard let candidate = report.candidate else {
            self.init("Only \(baseline.title) was measured: nothing to compare it with.")
            return
        }
        let gains = report.types.compactMap { type in report.gain(candidate, type.rawValue).map { Gain(type, $0, report) } }
        guard let first = gains.first else {
            self.init("No seed was run with both \(baseline.title) and \(candidate.title): nothing to compare.")
            return
        }
        let names = (candidate.title, baseline.title)
        let images = report.detections.imageCount.map { ", \($0) images" } ?? ""
        let seeds = first.seeds == 1 ? "one seed each" : "95% over \(first.seeds) seeds"
        let what = "\(names.0) is \(Self.comparison(gains, names.1)) (\(seeds)\(images))"
        let verdict = Self.verdict(gains, Self.corrected(gains), reservation: Self.reservation(report, candidate))
        self.init(
            "\(what): \(verdict).",
            [
                ("Over seeds", Self.overSeeds(gains, names)), ("Over images", Self.overImages(gains, report)),
                ("Together", Self.together(gains)),
            ])
    }

    private init(_ headline: String, _ grounds: [(title: String, text: String)] = []) {
        self.headline = headline
        self.grounds = grounds.filter { !$0.text.isEmpty }
    }

    /// The gain in AP of one type.
    private struct Gain {
        let noun: String
        let pair: PairedComparison
        /// Over images; nil without ground truth.
        let images: Comparison.Line?

        init(_ type: IoUType, _ pair: PairedComparison, _ report: Report) {
            noun = "\(type.noun) AP"
            self.pair = pair
            images = report.detections.comparison(type)?.bySize.first?.line
        }

        var seeds: Int { pair.gain.count }
        var mean: Double { pair.gain.mean }
        var isLevel: Bool { points(abs(mean)) == points(0) }
        var standsOverSeeds: Bool { (pair.p ?? 1) < Finding.level }
    }

    /// p by Holm's correction for the measures tested; nil where there is no test.
    private static func corrected(_ gains: [Gain]) -> [Double?] {
        let ps = gains.map(\.pair.p)
        var adjusted = holm(ps.compactMap(\.self))[...]
        return ps.map { $0 == nil ? nil : adjusted.removeFirst() }
    }

    // MARK: - The first line

    /// "ahead of the baseline by 2.1 ± 0.9 box AP and 1.4 ± 0.6 mask AP".
    private static func comparison(_ gains: [Gain], _ other: String) -> String {
        func way(_ gain: Gain) -> String { gain.isLevel ? "level with" : gain.mean > 0 ? "ahead of" : "behind" }
        func spread(_ gain: Gain) -> String? { gain.pair.gain.halfWidth.map { "± \(points($0))" } }
        func size(_ gain: Gain) -> String {
            [points(abs(gain.mean)), spread(gain), gain.noun].compactMap(\.self).joined(separator: " ")
        }
        func phrase(_ gain: Gain, _ object: String) -> String {
            gain.isLevel
                ? "level with \(object) in \(gain.noun)" + (spread(gain).map { " (\($0))" } ?? "")
                : "\(way(gain)) \(object) by \(size(gain))"
        }
        let first = phrase(gains[0], other)
        guard gains.count > 1 else { return first }
        let isTogether = way(gains[0]) == way(gains[1]) && !gains[1].isLevel
        return isTogether ? "\(first) and \(size(gains[1]))" : "\(first), and \(phrase(gains[1], "it"))"
    }

    /// Why no verdict, or a lesser one, may be given whatever the numbers are.
    private enum Reservation {
        case unlearned(String)
        case protocolDiffers
    }

    private static func reservation(_ report: Report, _ candidate: Report.Row) -> Reservation? {
        let pair = [report.baseline, candidate]
        if let row = pair.first(where: \.hasHardlyLearned) { return .unlearned(row.title) }
        let runs = pair.flatMap { $0.pretraining + $0.runs }
        return ProtocolDifference.all(runs).isEmpty ? nil : .protocolDiffers
    }

    private static func verdict(_ gains: [Gain], _ p: [Double?], reservation: Reservation?) -> String {
        switch reservation {
        case .unlearned(let name): "it says nothing, since \(name) has hardly learned to detect"
        case .protocolDiffers: "\(verdict(gains, p)), but the two were not run alike: see the differences below"
        case nil: verdict(gains, p)
        }
    }

    private static func verdict(_ gains: [Gain], _ p: [Double?]) -> String {
        guard gains[0].seeds > 1 else { return "no evidence about the methods, since another seed may turn it" }
        let sure = zip(gains, p).filter { ($1 ?? 1) < level }.map(\.0)
        func way(_ gain: Gain) -> String { gain.mean > 0 ? "a gain" : "a loss" }
        switch (sure.count, gains.count) {
        case (0, _): return "no evidence of a difference"
        case (1, 1): return "evidence of \(way(sure[0]))"
        case (1, _):
            let other = gains.first { $0.noun != sure[0].noun }?.noun ?? ""
            return "evidence of \(way(sure[0])) in \(sure[0].noun), and none of a difference in \(other)"
        default:
            return way(sure[0]) == way(sure[1])
                ? "evidence of \(way(sure[0])) in both"
                : "evidence of \(way(sure[0])) in \(sure[0].noun) and of \(way(sure[1])) in \(sure[1].noun)"
        }
    }

    // MARK: - What bears it

    private static func overSeeds(_ gains: [Gain], _ names: (String, String)) -> String {
        let seeds = gains[0].seeds
        guard seeds > 1 else {
            return "Would training again agree? One seed cannot tell: there is no interval over seeds and no test. Run several."
        }
        func numbers(_ gain: Gain) -> String {
            let test = gain.pair.p.map { ", \(p($0))" } ?? ""
            return "\(signedPoints(gain.mean)) \(gain.noun), 95% \(gain.pair.gain.interval ?? "")\(test)"
        }
        func ahead(_ gain: Gain) -> String { "\(gain.pair.differences.count { $0 > 0 }) in \(gain.noun)" }
        var sentences = [
            "Would training again agree? Paired t test over \(seeds) seeds: \(gains.map(numbers).joined(separator: "; ")).",
            "Of \(seeds) seeds \(names.0) is ahead in \(gains.map(ahead).joined(separator: " and ")).",
        ]
        let adjusted = corrected(gains).compactMap(\.self)
        if adjusted.count > 1 {
            let both = adjusted.map(p).joined(separator: " and ")
            sentences.append("Holm's correction for two measures makes that \(both); evidence is below \(level).")
        }
        if gains.contains(where: { $0.pair.p == nil && !$0.isLevel }) {
            sentences.append("The difference is the same in every seed to the last digit, as that of copies is: no test can be made.")
        }
        if !adjusted.isEmpty, adjusted.allSatisfy({ $0 >= level }) {
            let spans = gains.compactMap { gain in gain.pair.gain.interval.map { "\($0) \(gain.noun)" } }
            let anything = spans.joined(separator: " and in ")
            sentences.append("No evidence of a difference is not evidence of none: anything in \(anything) fits these seeds.")
        }
        if seeds == 2 { sentences.append("Two seeds make wide intervals; five are better.") }
        return sentences.joined(separator: " ")
    }

    private static func overImages(_ gains: [Gain], _ report: Report) -> String {
        let measured = gains.compactMap { gain in gain.images.map { (noun: gain.noun, line: $0) } }
        guard let count = report.detections.imageCount else { return "" }
        if report.detections.hasFewImages {
            let few = count == 1 ? "One image" : "\(count) images"
            return "Would other images of this kind agree? \(few) cannot tell: there is no interval."
        }
        guard let first = measured.first else { return "" }
        let intervals = measured.map { "\(interval($0.line)) \($0.noun)" }.joined(separator: "; ")
        let stand = measured.filter(\.line.stands)
        let what =
            stand.isEmpty
            ? (measured.count == 1 ? "It holds 0" : "Both hold 0")
            : stand.count < measured.count
                ? "That of \(stand[0].noun) leaves out 0, the other holds it"
                : measured.count == 1 ? "It leaves out 0" : "Both leave out 0"
        let few = count < 50 ? " So few images make it rough." : ""
        let hasNothing = first.line.first == 0 && first.line.second == 0 ? " Neither finds anything." : ""
        return "Would other images of this kind agree? Paired bootstrap over the \(count) validation images, with the detectors as they"
            + " were trained, 95%: \(intervals). \(what).\(few)\(hasNothing)"
    }

    private static func together(_ gains: [Gain]) -> String {
        guard gains[0].seeds > 1 else {
            guard gains.contains(where: { $0.images?.stands == true }) else { return "" }
            return "These two detectors differ, and that is no accident of the images. Whether the method makes the difference, or the"
                + " chance of one training, only more seeds can tell."
        }
        let sentences = gains.compactMap { gain -> String? in
            guard let images = gain.images, images.stands != gain.standsOverSeeds else { return nil }
            return images.stands
                ? "In \(gain.noun) these detectors differ on images of this kind, but another training may turn it."
                : "In \(gain.noun) training again agrees, but other images of this kind may not."
        }
        return sentences.joined(separator: " ")
    }

    static func interval(_ line: Comparison.Line) -> String {
        "\(signedPoints(line.interval.lowerBound)) to \(signedPoints(line.interval.upperBound))"
    }

    /// "p = 0.012".
    static func p(_ value: Double) -> String { value < 0.001 ? "p < 0.001" : "p = \(pValue(value))" }

    /// For a table's cell: "0.012", "< 0.001".
    static func pValue(_ value: Double) -> String { value < 0.001 ? "< 0.001" : String(format: "%.3f", value) }
}

extension Report {
    /// What was found and how sure it is, in words: `headline`, then what bears it.
    public var finding: String { ([headline] + grounds.map(\.text)).joined(separator: " ") }

    private var words: Finding { Finding(self) }

    /// What was found, how sure it is and over what: one line.
    public var headline: String { words.headline }

    /// What bears the finding, each with a title.
    public var grounds: [(title: String, text: String)] { words.grounds }
}
