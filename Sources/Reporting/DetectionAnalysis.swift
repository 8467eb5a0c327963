import COCO
import Foundation
import Support

/// What the detections themselves tell, beyond the numbers that each run kept: how sure the gain is over images, precision by
/// recall, and pictures.
struct DetectionAnalysis {
    /// Precision at each recall point, the mean over categories, of a method's first seed.
    struct Curve {
        let method: String
        let type: IoUType
        /// At an IoU of 0.5, of 0.75, and the mean over all thresholds.
        let at50, at75, mean: [Double]
    }

    let imageCount: Int
    let curves: [Curve]
    let gallery: [GalleryImage]
    private let comparisons: [IoUType: Comparison]

    /// The candidate against the baseline, over all seeds that both have.
    func comparison(_ type: IoUType) -> Comparison? { comparisons[type] }

    /// - Throws: `UserError` for results that cannot be read, or that are not on these images.
    init(
        _ truth: GroundTruth, _ rows: [Report.Row], _ baseline: Report.Row, _ candidate: Report.Row?, _ input: ReportInput,
        _ notes: inout [String]
    ) throws {
        imageCount = truth.dataset.images.count
        let types = IoUType.detection.filter { type in rows.contains { $0.estimate("AP", type.rawValue) != nil } }
        let files = rows.compactMap { row in
            row.runs.first { $0.resultsFile != nil }.map { (method: row.method, run: $0, file: $0.resultsFile ?? "") }
        }
        var curves: [Curve] = []
        for (method, run, file) in files {
            let results = try Results.read(file)
            for type in types where run.number("AP", type.rawValue) != nil {
                let evaluation = try Evaluator().evaluate(results, against: truth.dataset, by: type)
                guard let at50 = evaluation.precisionCurve(iou: 0.5), let at75 = evaluation.precisionCurve(iou: 0.75),
                    let mean = evaluation.precisionCurve()
                else { continue }
                curves.append(Curve(method: method, type: type, at50: at50, at75: at75, mean: mean))
            }
        }
        self.curves = curves

        let pairs: [(base: RunRecord, run: RunRecord)] = (candidate?.runs ?? []).compactMap { run in
            baseline.runs.first { $0.seed == run.seed && $0.resultsFile != nil && run.resultsFile != nil }.map { ($0, run) }
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

        do {
            gallery = try truth.images.map { images in
                try GalleryImage.choose(
                    truth.dataset, images: images, files.map { ($0.method, $0.file) }, pairs.first, by: types.last ?? .bbox,
                    seed: input.seed)
            } ?? []
        } catch {
            notes.append("no pictures are shown: \(error)")
            gallery = []
        }
    }
}
