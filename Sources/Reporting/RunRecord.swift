import COCO
import Foundation
import Runs
import Support

/// What is known of one run: from its folder, or of a detector of another make, from its results file.
public struct RunRecord: Sendable {
    /// The run folder, or the results file.
    public let path: String
    /// What it is and how it stands. A detector of another make has the name of its results as its method, and no settings.
    public let file: RunFile
    /// Every setting that bears on the numbers; none of a results file, whose protocol nobody knows.
    public let settings: [(name: String, value: String)]
    /// bbox and segm, of a finished fine-tuning run.
    public let evaluation: JSON?
    /// analysis.json, where there is one.
    let analysis: RunAnalysis?
    /// regions.json, where there is one.
    public let regions: RegionsFile?
    /// COCO results on the validation images, where there are any.
    public let resultsFile: String?
    /// metrics.jsonl; nil of a results file, and where it cannot be read.
    let metrics: MetricsCurves?
    /// What a finished run should have and has not, a line each.
    let problems: [String]

    public var stage: RunStage { file.description.stage }
    public var method: String { file.description.method }
    public var seed: Int { Int(file.description.seed) }
    public var status: RunStatus { file.status }
    public var dataset: String { file.description.dataset }
    public var isFinished: Bool { status == .finished }
    /// Whether a run of the suite left this, and so its protocol.
    var hasProtocol: Bool { !settings.isEmpty }

    /// - Throws: `UserError` for a folder without a readable run.json, of a newer schema, or finished without an evaluation.
    public init(reading folder: String) throws {
        path = folder
        file = try RunFile(reading: folder)
        settings = file.description.settings.map { ($0.name, $0.value.string ?? $0.value.text()) }
        let isFinished = file.status == .finished
        let hasNumbers = isFinished && file.description.stage == .finetune
        evaluation = hasNumbers ? try JSON.read("\(folder)/evaluation.json") : nil
        // Whatever is wrong with it, it can be made again.
        analysis = hasNumbers ? (try? JSON.read("\(folder)/analysis.json")).flatMap(RunAnalysis.init) : nil
        var problems: [String] = []
        let results = "\(folder)/results.json"
        resultsFile = hasNumbers && FileManager.default.fileExists(atPath: results) ? results : nil
        if hasNumbers && resultsFile == nil {
            problems.append("\(results): is missing; what needs detections is reported without this run")
        }
        do { regions = try RegionsFile(reading: folder) } catch {
            regions = nil
            problems.append("\(error); what it says of regions is left out")
        }
        do { metrics = try MetricsCurves(reading: folder) } catch {
            metrics = nil
            if isFinished { problems.append("\(error); its training curves are left out") }
        }
        self.problems = problems
    }

    /// A detector of another make, evaluated here.
    ///
    /// - Parameters:
    ///   - results: its COCO results file.
    ///   - seed: which of the files of this name it is.
    /// - Throws: `UserError` for a file that cannot be read or does not belong to the ground truth.
    init(results: String, method: String, seed: Int, against dataset: Dataset) throws {
        let detections = try Results.read(results)
        let evaluations = try (detections.hasMasks && dataset.hasMasks ? IoUType.detection : [.bbox]).map { type in
            (type: type, evaluation: try Evaluator().evaluate(detections, against: dataset, by: type))
        }
        path = results
        file = RunFile(
            RunDescription(stage: .finetune, method: method, seed: UInt64(seed), dataset: "", settings: []), status: .finished,
            cost: nil, environment: [])
        settings = []
        evaluation = .object(evaluations.map { ($0.type.rawValue, $0.evaluation.json) })
        analysis = try RunAnalysis(detections, evaluations, against: dataset)
        regions = nil
        resultsFile = results
        metrics = nil
        problems = []
    }

    /// One of the COCO numbers: `number("AP50", "bbox")`. Nil where there is nothing to average, which pycocotools calls −1.
    public func number(_ name: String, _ type: String) -> Double? {
        (evaluation?[type]?[name]?.double).flatMap { $0 < 0 ? nil : $0 }
    }

    /// AP by category id.
    func categoryAP(_ type: String) -> [(id: String, ap: Double?)] {
        (evaluation?[type]?["perCategoryAP"]?.object ?? []).map { ($0.key, $0.value.double) }
    }
}
