import Foundation
import Support

/// What a run folder says.
public struct RunRecord: Sendable {
    /// The newest schema of run.json that is understood.
    static let schema = 1

    public let folder: String
    public let stage: String
    public let method: String
    public let seed: Int
    public let dataset: String
    public let settings: [(name: String, value: String)]
    public let environment: [(name: String, value: String)]
    public let images: Int
    public let seconds: Double
    /// bbox and segm, of a finished fine-tuning run.
    public let evaluation: JSON?
    /// regions.json, where there is one.
    public let regions: JSON?

    public var isPretraining: Bool { stage == "pretrain" }

    /// - Throws: `UserError` for a folder without a readable run.json, of a newer schema, or of an unfinished run.
    public init(reading folder: String) throws {
        let file = "\(folder)/run.json"
        let run = try JSON.read(file)
        guard let schema = run["schema"]?.int, let stage = run["stage"]?.string, let method = run["method"]?.string else {
            throw UserError("has no schema, stage and method", file: file, remedy: "name a run folder")
        }
        guard schema <= Self.schema else {
            throw UserError("is of schema \(schema), newer than this program's \(Self.schema)", file: file, remedy: "update ediy")
        }
        let status = run["status"]?.string ?? "unknown"
        guard status == "finished" else {
            throw UserError("the run is not finished, but \(status)", file: folder, remedy: "go on with it by --resume")
        }
        self.folder = folder
        self.stage = stage
        self.method = method
        seed = run["seed"]?.int ?? 0
        dataset = run["dataset"]?.string ?? ""
        settings = (run["protocol"]?.object ?? []).map { ($0.key, $0.value.string ?? $0.value.text()) }
        environment = (run["environment"]?.object ?? []).map { ($0.key, $0.value.string ?? $0.value.text()) }
        images = run["cost"]?["images"]?.int ?? 0
        seconds = run["cost"]?["seconds"]?.double ?? 0
        evaluation = stage == "pretrain" ? nil : try JSON.read("\(folder)/evaluation.json")
        let regionsFile = "\(folder)/regions.json"
        regions = FileManager.default.fileExists(atPath: regionsFile) ? try JSON.read(regionsFile) : nil
    }

    /// One of the COCO numbers: `number("AP50", "bbox")`.
    func number(_ name: String, _ type: String) -> Double? { evaluation?[type]?[name]?.double }

    /// The curve of a value in metrics.jsonl; empty where there is none.
    func curve(_ name: String) -> [(x: Double, y: Double)] {
        let text = (try? String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            guard let json = try? JSON(parsing: Array(line.utf8)), let x = json["iteration"]?.double,
                let y = json[name]?.double
            else { return nil }
            return (x, y)
        }
    }
}
