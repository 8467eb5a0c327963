import Foundation
import Runs
import Support

/// metrics.jsonl: one object a line, in the order of iterations; and the same for TensorBoard beside it.
struct MetricsLog {
    private let path: String
    private let file: FileHandle
    private let events: EventFile

    /// Opens the log of a run folder, keeping the lines of iterations before `iteration`: what a resumed run will write again
    /// goes.
    init(in folder: String, keepingBefore iteration: Int) throws {
        path = "\(folder)/\(MetricsLine.file)"
        let lines = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n")
        let kept = lines.filter { line in
            // A last line cut short by a power failure does not parse, and goes too.
            MetricsLine(parsing: line.utf8).map { $0.iteration < iteration } ?? false
        }
        try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: path)
        guard let file = FileHandle(forWritingAtPath: path) else {
            throw UserError("cannot be written", file: path, remedy: "check the permissions")
        }
        self.file = file
        file.seekToEndOfFile()
        events = try EventFile(in: folder, from: iteration)
    }

    func append(
        iteration: Int, values: [(name: String, value: Double)], learningRate: Double, seconds: Double
    ) throws {
        let line = MetricsLine(iteration: iteration, values: values, learningRate: learningRate, seconds: seconds)
        try attempt { try file.write(contentsOf: Data(line.text.utf8)) }
        try events.append((values + [("lr", learningRate)]).map { ("train/\($0.name)", $0.value) }, at: iteration)
    }

    /// To the disk: before a checkpoint, so that no checkpoint is ahead of its log.
    func flush() throws {
        try attempt { try file.synchronize() }
        try events.flush()
    }

    private func attempt(_ body: () throws -> Void) throws {
        do { try body() } catch {
            throw UserError("cannot be written: \(error.localizedDescription)", file: path, remedy: "check the disk's free space")
        }
    }
}
