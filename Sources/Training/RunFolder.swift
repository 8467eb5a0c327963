import Foundation
import Support
import Torch

/// What a run is: everything that two runs must share to be compared, or differ in to be a comparison.
public struct RunDescription: Sendable {
    public enum StageKind: String, Sendable {
        case pretrain
        case finetune
        case linear
    }

    public let stage: StageKind
    /// `none`, `byol`, `e-diy`, or the name of a weight file of another make.
    public let method: String
    public let seed: UInt64
    public let dataset: String
    /// Every setting that bears on the numbers, by name.
    public let settings: [(name: String, value: JSON)]

    public init(
        stage: StageKind, method: String, seed: UInt64, dataset: String, settings: [(name: String, value: JSON)]
    ) {
        self.stage = stage
        self.method = method
        self.seed = seed
        self.dataset = dataset
        self.settings = settings
    }
}

/// The folder of one run, with run.json at its root.
///
/// run.json: schema 1; stage, method, seed, dataset; status (`running`, `stopped`, `finished`); protocol (the settings);
/// cost (images and seconds of the training loop); environment.
public struct RunFolder: Sendable {
    public static let schema = 1

    public let folder: String
    public let description: RunDescription
    private let processes: Int

    /// Opens the folder for a run.
    ///
    /// - Parameters:
    ///   - resume: whether a run begun there may be gone on with.
    ///   - group: the processes of the run, of which the leader looks and makes.
    /// - Throws: `UserError` when the folder holds a run and `resume` is false, or one that differs, naming the setting.
    public init(_ folder: String, _ description: RunDescription, resume: Bool, by group: ProcessGroup? = nil) throws {
        self.folder = folder
        self.description = description
        processes = group?.size ?? 1
        try group.leaderAlone { try open(resume: resume) }
    }

    private func open(resume: Bool) throws {
        let file = "\(folder)/run.json"
        if FileManager.default.fileExists(atPath: file) {
            guard resume else {
                throw UserError("holds a run already", file: folder, remedy: "go on with it by --resume, or name another folder")
            }
            try check(JSON.read(file), file: file)
            AtomicFile.sweep(folder)
        }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw UserError("cannot be made", file: folder, remedy: "check the path and the permissions")
        }
    }

    /// A file or folder of the run.
    public func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// Whether a run's folder says that it ended.
    public static func isFinished(_ folder: String) -> Bool {
        (try? JSON.read("\(folder)/run.json"))?["status"]?.string == "finished"
    }

    /// What the training loop of a run that its folder holds took; nil where that is not known.
    public static func seconds(_ folder: String) -> Double? {
        (try? JSON.read("\(folder)/run.json"))?["cost"]?["seconds"]?.double
    }

    /// Writes run.json.
    ///
    /// - Parameter cost: images seen and seconds of the training loop, once known.
    public func write(status: Status, cost: (images: Int, seconds: Double)? = nil) throws {
        var members: [(key: String, value: JSON)] = [
            ("schema", .int(Self.schema)), ("stage", .string(description.stage.rawValue)),
            ("method", .string(description.method)), ("seed", .int(Int(description.seed))),
            ("status", .string(status.rawValue)), ("dataset", .string(description.dataset)),
            ("protocol", settings),
        ]
        if let cost { members.append(("cost", ["images": .int(cost.images), "seconds": .double(cost.seconds)])) }
        members.append(("environment", .object(
            (Environment.facts + [("processes", "\(processes)")]).map { (key: $0.name, value: .string($0.value)) })))
        try AtomicFile.write(JSON.object(members).text(pretty: true) + "\n", to: path("run.json"))
    }

    public enum Status: String, Sendable {
        case running
        case stopped
        case finished
    }

    private var settings: JSON { .object(description.settings.map { (key: $0.name, value: $0.value) }) }

    /// Every difference between this run and the one that the folder holds is an error: its numbers would be of neither.
    private func check(_ old: JSON, file: String) throws {
        func fail(_ name: String, _ was: JSON?, _ now: JSON) -> UserError {
            UserError(
                "\(name) was \(was?.text() ?? "not there") and is now \(now.text())", file: file,
                remedy: "run with the old setting, or in another folder")
        }
        if let schema = old["schema"]?.int, schema > Self.schema {
            throw UserError("is of schema \(schema), newer than this program's \(Self.schema)", file: file)
        }
        let named: [(String, JSON)] = [
            ("stage", .string(description.stage.rawValue)), ("method", .string(description.method)),
            ("seed", .int(Int(description.seed))), ("dataset", .string(description.dataset)),
        ]
        for (name, now) in named where old[name] != now { throw fail(name, old[name], now) }
        for (name, now) in description.settings {
            let was = old["protocol"]?[name]
            let same = now.double.map { $0 == was?.double } ?? (was?.text() == now.text())
            if !same { throw fail(name, was, now) }
        }
        let names = Set(description.settings.map(\.name))
        if let (name, was) = old["protocol"]?.object?.first(where: { !names.contains($0.key) }) { throw fail(name, was, .null) }
    }
}
