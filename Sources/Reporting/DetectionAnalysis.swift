import COCO
import Foundation
import Support

/// What the detections themselves tell, beyond the numbers that each run kept: how sure the gain is over images, precision by
/// recall, what keeps AP down, and images.
struct DetectionAnalysis {
    /// Precision at each recall point, the mean over categories, of each of a method's seeds.
    struct Curve {
        let method: String
        let type: IoUType
        /// At an IoU of 0.5, of 0.75, and the mean over all thresholds; by seed.
        let at50, at75, mean: [[Double]]
    }

    /// TIDE's errors of a method over its seeds, by the AP that mending each would give.
    struct Errors {
        let method: String
        let type: IoUType
        /// At an IoU of 0.5, as TIDE has it.
        let ap: Estimate
        let costs: [(kind: ErrorAnalysis.Kind, ap: Estimate)]
        let falsePositives, falseNegatives: Estimate
    }

    /// Of the validation set; nil without ground truth.
    let imageCount: Int?
    let curves: [Curve]
    let errors: [Errors]
    let gallery: [GalleryImage]
    private let comparisons: [IoUType: Comparison]

    /// Fewer images tell nothing of others: even if each of five speaks for the same side, chance does that once in sixteen times.
    private static let fewestImages = 6

    /// Whether there are images, and too few for intervals over them.
    var hasFewImages: Bool { imageCount.map { $0 < Self.fewestImages } ?? false }

    /// The candidate against the baseline, over all seeds that both have.
    func comparison(_ type: IoUType) -> Comparison? { comparisons[type] }

    /// - Parameters:
    ///   - truth: without it there is but what runs kept of their detections.
    ///   - notes: gets a line for each results file that cannot be used.
    init(
        _ truth: GroundTruth?, _ rows: [Report.Row], _ baseline: Report.Row, _ candidate: Report.Row?, _ input: ReportInput,
        _ notes: inout [String]
    ) {
        imageCount = truth?.dataset.images.count
        let types = IoUType.detection.filter { type in rows.contains { $0.estimate("AP", type.rawValue) != nil } }
        let (analyses, usable) = Self.analyses(rows, types, truth?.dataset, &notes)
        func all<T>(_ make: (String, IoUType, [RunAnalysis.Part]) -> T?) -> [T] {
            zip(rows, analyses).flatMap { row, analyses in
                types.compactMap { type in make(row.method, type, analyses.flatMap(\.parts).filter { $0.type == type }) }
            }
        }
        curves = all(Curve.init)
        errors = all(Errors.init)
        let pairs: [(base: RunRecord, run: RunRecord)] = (candidate?.runs ?? []).compactMap { run in
            baseline.runs.first { $0.seed == run.seed && usable.contains($0.path) && usable.contains(run.path) }.map { ($0, run) }
        }
        do {
            comparisons = try truth.map { try Self.comparisons(pairs, types, $0.dataset, input) } ?? [:]
        } catch {
            notes.append("\(error); intervals over images are left out")
            comparisons = [:]
        }
        let files = rows.compactMap { row in
            row.runs.first { usable.contains($0.path) }.map { (method: row.method, file: $0.resultsFile ?? "") }
        }
        do {
            gallery =
                try truth.flatMap { truth in
                    try truth.images.map { images in
                        try GalleryImage.choose(
                            truth.dataset, images: images, files, pairs.first, by: types.last ?? .bbox, seed: input.seed)
                    }
                } ?? []
        } catch {
            notes.append("no images are shown: \(error)")
            gallery = []
        }
    }

    /// What each row's runs kept of their detections, or else what these tell; and the paths of the runs whose results can be read.
    private static func analyses(
        _ rows: [Report.Row], _ types: [IoUType], _ dataset: Dataset?, _ notes: inout [String]
    ) -> (analyses: [[RunAnalysis]], usable: Set<String>) {
        let progress = ProgressLine("report", total: rows.reduce(0) { $0 + $1.runs.count }, unit: "runs")
        var usable: Set<String> = []
        let analyses = rows.map { row in
            row.runs.compactMap { run -> RunAnalysis? in
                defer { progress.advance() }
                do {
                    let analysis = try run.analysis ?? dataset.flatMap { try Self.analysis(of: run, types, $0) }
                    if run.resultsFile != nil { usable.insert(run.path) }
                    return analysis
                } catch {
                    notes.append("\(error); what needs detections is reported without this run")
                    return nil
                }
            }
        }
        progress.end("compared")
        return (analyses, usable)
    }

    /// Of a run that kept none; nil where it has no results.
    private static func analysis(of run: RunRecord, _ types: [IoUType], _ dataset: Dataset) throws -> RunAnalysis? {
        guard let file = run.resultsFile else { return nil }
        let results = try Results.read(file)
        let evaluations = try types.filter { run.number("AP", $0.rawValue) != nil }.map { type in
            (type: type, evaluation: try Evaluator().evaluate(results, against: dataset, by: type))
        }
        return try RunAnalysis(results, evaluations, against: dataset)
    }

    private static func comparisons(
        _ pairs: [(base: RunRecord, run: RunRecord)], _ types: [IoUType], _ dataset: Dataset, _ input: ReportInput
    ) throws -> [IoUType: Comparison] {
        func of(_ type: IoUType) -> [(base: RunRecord, run: RunRecord)] {
            pairs.filter { $0.base.number("AP", type.rawValue) != nil && $0.run.number("AP", type.rawValue) != nil }
        }
        func sides(_ runs: [RunRecord]) -> [() throws -> Results] {
            runs.map { run in { try Results.read(run.resultsFile ?? "") } }
        }
        guard input.resamples > 0, dataset.images.count >= fewestImages else { return [:] }
        // Types that the same runs have, so that each file is read once.
        let groups = Dictionary(grouping: types.filter { !of($0).isEmpty }) { of($0).map(\.run.path) }
        return try groups.values.reduce(into: [:]) { all, types in
            let both = of(types[0])
            let comparisons = try Comparison.byType(
                types, sides(both.map(\.base)), sides(both.map(\.run)), against: dataset, resamples: input.resamples,
                seed: input.seed)
            all.merge(comparisons) { $1 }
        }
    }
}

extension DetectionAnalysis.Curve {
    /// Nil without seeds.
    fileprivate init?(_ method: String, _ type: IoUType, _ seeds: [RunAnalysis.Part]) {
        let seeds = seeds.filter { !$0.mean.isEmpty }
        guard !seeds.isEmpty else { return nil }
        self.init(method: method, type: type, at50: seeds.map(\.at50), at75: seeds.map(\.at75), mean: seeds.map(\.mean))
    }
}

extension DetectionAnalysis.Errors {
    /// Nil without seeds.
    fileprivate init?(_ method: String, _ type: IoUType, _ seeds: [RunAnalysis.Part]) {
        func estimate(_ value: (RunAnalysis.Errors) -> Double) -> Estimate? { Estimate(seeds.map { value($0.errors) }) }
        guard let ap = estimate(\.ap), let positives = estimate(\.falsePositives), let negatives = estimate(\.falseNegatives) else {
            return nil
        }
        self.method = method
        self.type = type
        self.ap = ap
        falsePositives = positives
        falseNegatives = negatives
        costs = ErrorAnalysis.Kind.allCases.compactMap { kind in
            estimate { $0.costs[kind] ?? 0 }.map { (kind, $0) }
        }
    }
}
