import ArgumentParser
import Support
import Torch

extension ParsableCommand {
    /// For commands that one process carries out: several would write the same files at the same time.
    ///
    /// - Throws: `UserError` where torchrun started several.
    static func requireOneProcess() throws {
        guard let place = try ProcessPlace.fromEnvironment() else { return }
        throw UserError(
            "ediy \(configuration.commandName ?? "") is for one process, and there are \(place.size)", remedy: "start it without torchrun")
    }
}
