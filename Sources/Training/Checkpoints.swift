import Foundation
import NN
import Support

/// The checkpoints of a run: safetensors files, each written whole or not at all, the last few kept.
struct Checkpoints {
    /// Where a run stood: iterations done, and seconds spent on them.
    struct Place {
        let iteration: Int
        let seconds: Double
    }

    let folder: String
    let kept: Int

    /// The newest checkpoint's path.
    var newest: String? { files.last.map { "\(folder)/\($0)" } }

    private var files: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasPrefix("iteration-") && $0.hasSuffix(".safetensors") }.sorted()
    }

    func save(_ entries: [StateEntry], at place: Place) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let name = String(format: "iteration-%09d.safetensors", place.iteration)
        let metadata = ["iteration": "\(place.iteration)", "seconds": "\(place.seconds)"]
        try SafeTensors.write(StateDict(entries), metadata: metadata, to: "\(folder)/\(name)")
        for old in files.dropLast(kept) { try? FileManager.default.removeItem(atPath: "\(folder)/\(old)") }
    }

    /// Restores `entries` in place from the newest checkpoint that can be read; one that cannot is named and passed over.
    ///
    /// - Returns: where it stood; iteration 0 without any.
    func restoreNewest(_ entries: [StateEntry]) throws -> Place {
        for file in files.reversed() {
            let path = "\(folder)/\(file)"
            do {
                let metadata = try SafeTensors.metadata(path)
                guard let iteration = metadata["iteration"].flatMap(Int.init), iteration >= 0,
                    let seconds = metadata["seconds"].flatMap(Double.init)
                else { throw UserError("does not say its iteration", file: path) }
                try SafeTensors.read(path).restore(entries, file: path)
                return Place(iteration: iteration, seconds: seconds)
            } catch let error as UserError {
                StandardError.line("\(error); going on with the checkpoint before it")
            }
        }
        return Place(iteration: 0, seconds: 0)
    }
}
