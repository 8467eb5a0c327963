import Foundation
import Support

/// metrics.jsonl: one object a line, in the order of iterations.
struct MetricsLog {
    private let path: String
    private let file: FileHandle

    /// Opens the log, keeping the lines of iterations before `iteration`: what a resumed run will write again goes.
    init(_ path: String, keepingBefore iteration: Int) throws {
        self.path = path
        let lines = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n")
        let kept = lines.filter { line in
            // A last line cut short by a power failure does not parse, and goes too.
            let value = try? JSON(parsing: Array(line.utf8))
            return (value?["iteration"]?.int).map { $0 < iteration } ?? false
        }
        try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: path)
        guard let file = FileHandle(forWritingAtPath: path) else {
            throw UserError("cannot be written", file: path, remedy: "check the permissions")
        }
        self.file = file
        file.seekToEndOfFile()
    }

    func append(
        iteration: Int, values: [(name: String, value: Double)], learningRate: Double, seconds: Double
    ) throws {
        var members: [(key: String, value: JSON)] = [("iteration", .int(iteration))]
        members += values.map { ($0.name, .double($0.value)) }
        members += [("lr", .double(learningRate)), ("seconds", .double((seconds * 1000).rounded() / 1000))]
        try attempt { try file.write(contentsOf: Data((JSON.object(members).text() + "\n").utf8)) }
    }

    /// To the disk: before a checkpoint, so that no checkpoint is ahead of its log.
    func flush() throws {
        try attempt { try file.synchronize() }
    }

    private func attempt(_ body: () throws -> Void) throws {
        do { try body() } catch {
            throw UserError("cannot be written: \(error.localizedDescription)", file: path, remedy: "check the disk's free space")
        }
    }
}
