import COCO
import Foundation
import Runs
import Support

/// Runs compared: a row a method, the gain over a baseline, and what may be said of it.
public struct Report {
    /// Of report.json; reports/SCHEMA.md describes it.
    public static let schema = 4

    /// One method, over its seeds.
    public struct Row {
        public let method: String
        /// What readers call it.
        public let title: String
        /// Fine-tuning runs, by seed.
        public let runs: [RunRecord]
        /// Pretraining runs, by seed.
        public let pretraining: [RunRecord]

        /// Both stages'.
        var all: [RunRecord] { pretraining + runs }

        func estimate(_ name: String, _ type: String) -> Estimate? { Estimate(runs.compactMap { $0.number(name, type) }) }

        /// Below this a difference in AP is one between detectors that find next to nothing.
        var hasHardlyLearned: Bool { estimate("AP50", "bbox").map { $0.mean < 0.05 } ?? false }

        func regions(_ value: KeyPath<RegionNumbers, Double?>) -> Estimate? {
            Estimate(runs.compactMap { $0.regions?.numbers[keyPath: value] })
        }
    }

    public let rows: [Row]
    let baseline: Row
    /// Nil where there is but one method.
    let candidate: Row?
    /// What could not be used, and differences between runs that should not be there, a line each.
    public let notes: [String]
    let differences: [ProtocolDifference]
    let detections: DetectionAnalysis
    let regionMaps: RegionMaps
    let categories: [(id: String, name: String)]
    let reproduction: Reproduction
    private let sources: ReportSources

    /// Reads runs.
    ///
    /// - Throws: `UserError` when none of them holds a finished fine-tuning run, or a method that was asked for is not there.
    public init(_ input: ReportInput) throws {
        var notes: [String] = []
        sources = try ReportSources(input, &notes)
        rows = sources.rows
        (baseline, candidate) = try sources.compared(input, rows)
        differences = ProtocolDifference.all(sources.runs)
        notes += differences.map(\.note)
        notes += rows.filter { $0.runs.contains { !$0.hasProtocol } }.map { row in
            "of \(row.method) nothing but its results is known, and not its protocol"
        }
        notes += Self.unpaired(baseline, candidate)
        for row in rows where row.hasHardlyLearned {
            let ap50 = row.estimate("AP50", "bbox").map { points($0.mean) } ?? "–"
            notes.append("\(row.method) has hardly learned to detect (box AP50 \(ap50)): its gain says nothing")
        }
        detections = DetectionAnalysis(sources.truth, rows, baseline, candidate, input, &notes)
        regionMaps = RegionMaps(rows, images: sources.truth?.images, &notes)
        categories = sources.categories
        reproduction = Reproduction(input, sources.benchmarks, sources.runs)
        self.notes = notes
    }

    private static func unpaired(_ baseline: Row, _ candidate: Row?) -> [String] {
        guard let candidate else { return [] }
        let seeds = [Set(baseline.runs.map(\.seed)), Set(candidate.runs.map(\.seed))]
        return [(baseline, seeds[0].subtracting(seeds[1]), candidate), (candidate, seeds[1].subtracting(seeds[0]), baseline)]
            .filter { !$0.1.isEmpty }.map { row, alone, other in
                let list = alone.sorted().map(String.init).joined(separator: ", ")
                return "\(row.method) has seed \(list) and \(other.method) has not: left out where the two are compared"
            }
    }

    /// Pairs of runs of the baseline and a method, by seed.
    func pairs(_ row: Row) -> [(base: RunRecord, run: RunRecord)] {
        row.runs.compactMap { run in baseline.runs.first { $0.seed == run.seed }.map { ($0, run) } }
    }

    /// The gain of a method over the baseline in AP of a type, paired by seed; nil for the baseline itself.
    func gain(_ row: Row, _ type: String, _ name: String = "AP") -> PairedComparison? {
        guard row.method != baseline.method else { return nil }
        return PairedComparison(
            differences: pairs(row).compactMap { base, run in
                guard let theirs = base.number(name, type), let mine = run.number(name, type) else { return nil }
                return mine - theirs
            })
    }

    /// `bbox`, and `segm` where any method has masks.
    var types: [IoUType] { IoUType.detection.filter { type in rows.contains { $0.estimate("AP", type.rawValue) != nil } } }

    var hasSeeds: Bool { rows.contains { $0.runs.count > 1 } }

    /// The losses of a stage that are charted, in their order.
    func losses(_ stage: RunStage) -> [(name: String, title: String)] { sources.losses(stage) }

    /// What was compared: datasets, images and seeds.
    var setting: String {
        var datasets: [String] = []
        for run in rows.flatMap(\.runs) where !run.dataset.isEmpty && !datasets.contains(run.dataset) { datasets.append(run.dataset) }
        let seeds = rows.map { "\($0.method) \($0.runs.map { "\($0.seed)" }.joined(separator: ", "))" }.joined(separator: "; ")
        return [
            datasets.isEmpty ? nil : "Dataset: \(datasets.joined(separator: ", ")).",
            detections.imageCount.map { "\($0) validation images." }, "Seeds: \(seeds).", "AP is COCO's, in hundredths.",
        ].compactMap(\.self).joined(separator: " ")
    }
}
