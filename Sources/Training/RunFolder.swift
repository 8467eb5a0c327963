import Foundation
import Runs
import Support
import Torch

/// The folder of one run that is carried out, with run.json at its root.
public struct RunFolder: Sendable {
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
        let file = path(RunFile.name)
        if FileManager.default.fileExists(atPath: file) {
            guard resume else {
                throw UserError("holds a run already", file: folder, remedy: "go on with it by --resume, or name another folder")
            }
            // Its numbers would be those of neither run.
            if let (name, was, now) = description.difference(from: try RunFile(reading: folder).description) {
                throw UserError(
                    "\(name) was \(was?.text() ?? "not there") and is now \(now.text())", file: file,
                    remedy: "run with the old setting, or in another folder")
            }
            AtomicFile.sweep(folder)
        }
        try Folder.make(folder)
    }

    /// A file or folder of the run.
    public func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// Writes run.json.
    ///
    /// - Parameter cost: what the training loop took, once known.
    public func write(status: RunStatus, cost: RunCost? = nil) throws {
        try RunFile(
            description, status: status, cost: cost, environment: Environment.facts + [("processes", "\(processes)")]
        ).write(to: folder)
    }
}
