import COCO
import Foundation
import Support

/// What is known of one run: from its folder, or of a detector of another make, from its results file.
public struct RunRecord: Sendable {
    /// The newest schema of run.json that is understood.
    static let schema = 1

    /// The run folder, or the results file.
    public let path: String
    /// `pretrain` or `finetune`.
    public let stage: String
    public let method: String
    public let seed: Int
    /// `running`, `stopped` or `finished`.
    public let status: String
    public let dataset: String
    /// Every setting that bears on the numbers; none of a results file, whose protocol nobody knows.
    public let settings: [(name: String, value: String)]
    public let environment: [(name: String, value: String)]
    public let images: Int?
    public let seconds: Double?
    /// bbox and segm, of a finished fine-tuning run.
    public let evaluation: JSON?
    /// analysis.json, where there is one.
    let analysis: RunAnalysis?
    /// regions.json, where there is one.
    public let regions: JSON?
    /// COCO results on the validation images, where there are any.
    public let resultsFile: String?
    /// metrics.jsonl; nil of a results file, and where it cannot be read.
    let metrics: MetricsCurves?
    /// What a finished run should have and has not, a line each.
    let problems: [String]

    public var isPretraining: Bool { stage == "pretrain" }
    public var isFinished: Bool { status == "finished" }
    /// Whether a run of the suite left this, and so its protocol.
    var hasProtocol: Bool { !settings.isEmpty }

    /// - Throws: `UserError` for a folder without a readable run.json, of a newer schema, or finished without an evaluation.
    public init(reading folder: String) throws {
        let file = "\(folder)/run.json"
        let run = try JSON.read(file)
        guard let schema = run["schema"]?.int, let stage = run["stage"]?.string, let method = run["method"]?.string else {
            throw UserError("has no schema, stage and method", file: file, remedy: "name a run folder")
        }
        guard schema <= Self.schema else {
            throw UserError("is of schema \(schema), newer than this program's \(Self.schema)", file: file, remedy: "update ediy")
        }
        func optional(_ name: String) throws -> JSON? {
            FileManager.default.fileExists(atPath: "\(folder)/\(name)") ? try JSON.read("\(folder)/\(name)") : nil
        }
        func facts(_ name: String) -> [(name: String, value: String)] {
            (run[name]?.object ?? []).map { ($0.key, $0.value.string ?? $0.value.text()) }
        }
        path = folder
        self.stage = stage
        self.method = method
        seed = run["seed"]?.int ?? 0
        status = run["status"]?.string ?? "unknown"
        dataset = run["dataset"]?.string ?? ""
        settings = facts("protocol")
        environment = facts("environment")
        images = run["cost"]?["images"]?.int
        seconds = run["cost"]?["seconds"]?.double
        let hasNumbers = status == "finished" && stage == "finetune"
        evaluation = hasNumbers ? try JSON.read("\(folder)/evaluation.json") : nil
        // Whatever is wrong with it, it can be made again.
        analysis = hasNumbers ? (try? JSON.read("\(folder)/analysis.json")).flatMap(RunAnalysis.init) : nil
        regions = try optional("regions.json")
        var problems: [String] = []
        let results = "\(folder)/results.json"
        resultsFile = hasNumbers && FileManager.default.fileExists(atPath: results) ? results : nil
        if hasNumbers && resultsFile == nil {
            problems.append("\(results): is missing; what needs detections is reported without this run")
        }
        do { metrics = try MetricsCurves(reading: "\(folder)/metrics.jsonl") } catch {
            metrics = nil
            if status == "finished" { problems.append("\(error); its training curves are left out") }
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
        evaluation = .object(evaluations.map { ($0.type.rawValue, $0.evaluation.json) })
        analysis = try RunAnalysis(detections, evaluations, against: dataset)
        path = results
        stage = "finetune"
        self.method = method
        self.seed = seed
        status = "finished"
        self.dataset = ""
        settings = []
        environment = []
        images = nil
        seconds = nil
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
