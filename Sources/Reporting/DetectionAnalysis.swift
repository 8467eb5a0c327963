import COCO
import Foundation
import Support

/// What the detections themselves tell, beyond the numbers that each run kept: how sure the gain is over images, precision by
/// recall, what keeps AP down, and pictures.
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

    let imageCount: Int
    let curves: [Curve]
    let errors: [Errors]
    let gallery: [GalleryImage]
    private let comparisons: [IoUType: Comparison]

    /// The candidate against the baseline, over all seeds that both have.
    func comparison(_ type: IoUType) -> Comparison? { comparisons[type] }

    /// - Parameter notes: gets a line for each results file that cannot be used.
    init(
        _ truth: GroundTruth, _ rows: [Report.Row], _ baseline: Report.Row, _ candidate: Report.Row?, _ input: ReportInput,
        _ notes: inout [String]
    ) throws {
        imageCount = truth.dataset.images.count
        let types = IoUType.detection.filter { type in rows.contains { $0.estimate("AP", type.rawValue) != nil } }
        let runs = rows.flatMap(\.runs).filter { $0.resultsFile != nil }
        let progress = ProgressLine("report", total: runs.count, unit: "runs")
        var curves: [Curve] = []
        var errors: [Errors] = []
        // Runs whose results can be used.
        var usable: Set<String> = []
        for row in rows {
            var found: [IoUType: [(evaluation: Evaluation, errors: ErrorAnalysis)]] = [:]
            for run in row.runs {
                guard let file = run.resultsFile else { continue }
                do {
                    // One file at a time: it may be large.
                    let results = try Results.read(file)
                    for type in types where run.number("AP", type.rawValue) != nil {
                        let evaluation = try Evaluator().evaluate(results, against: truth.dataset, by: type)
                        found[type, default: []].append((evaluation, try ErrorAnalysis(results, against: truth.dataset, by: type)))
                    }
                    usable.insert(run.path)
                } catch { notes.append("\(error); what needs detections is reported without this run") }
                progress.advance()
            }
            for type in types {
                guard let seeds = found[type] else { continue }
                func curve(_ iou: Double?) -> [[Double]] { seeds.compactMap { $0.evaluation.precisionCurve(iou: iou) } }
                curves.append(Curve(method: row.method, type: type, at50: curve(0.5), at75: curve(0.75), mean: curve(nil)))
                Errors(row.method, type, seeds.map(\.errors)).map { errors.append($0) }
            }
        }
        progress.end("compared")
        self.curves = curves
        self.errors = errors

        let pairs: [(base: RunRecord, run: RunRecord)] = (candidate?.runs ?? []).compactMap { run in
            baseline.runs.first { $0.seed == run.seed && usable.contains($0.path) && usable.contains(run.path) }.map { ($0, run) }
        }
        var comparisons: [IoUType: Comparison] = [:]
        for type in types where input.resamples > 0 {
            let both = pairs.filter { $0.base.number("AP", type.rawValue) != nil && $0.run.number("AP", type.rawValue) != nil }
            guard !both.isEmpty else { continue }
            func sides(_ runs: [RunRecord]) -> [() throws -> Results] {
                runs.map { run in { try Results.read(run.resultsFile ?? "") } }
            }
            comparisons[type] = try Comparison(
                sides(both.map(\.base)), sides(both.map(\.run)), against: truth.dataset, by: type, resamples: input.resamples,
                seed: input.seed)
        }
        self.comparisons = comparisons

        let files = rows.compactMap { row in
            row.runs.first { usable.contains($0.path) }.map { (method: row.method, file: $0.resultsFile ?? "") }
        }
        do {
            gallery = try truth.images.map { images in
                try GalleryImage.choose(
                    truth.dataset, images: images, files, pairs.first, by: types.last ?? .bbox, seed: input.seed)
            } ?? []
        } catch {
            notes.append("no pictures are shown: \(error)")
            gallery = []
        }
    }
}

extension DetectionAnalysis.Errors {
    /// Nil without seeds.
    fileprivate init?(_ method: String, _ type: IoUType, _ seeds: [ErrorAnalysis]) {
        func estimate(_ value: (ErrorAnalysis) -> Double) -> Estimate? { Estimate(seeds.map(value)) }
        guard let ap = estimate(\.ap), let positives = estimate(\.falsePositives), let negatives = estimate(\.falseNegatives) else {
            return nil
        }
        self.method = method
        self.type = type
        self.ap = ap
        falsePositives = positives
        falseNegatives = negatives
        costs = ErrorAnalysis.Kind.allCases.compactMap { kind in
            estimate { $0.costs.first { $0.kind == kind }?.ap ?? 0 }.map { (kind, $0) }
        }
    }
}
