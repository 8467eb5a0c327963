import Foundation

/// Runs the built `ediy`, which lies beside the tests.
struct CommandResult {
    let status: Int32
    let output: String
    let error: String
}

enum CommandLineTool {
    static let executable = URL(fileURLWithPath: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "")
        .deletingLastPathComponent().appendingPathComponent("ediy").path

    static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..").standardized.path

    /// - Parameters:
    ///   - fileSizeLimit: the kilobytes that a file may reach; a write beyond them fails, as on a full disk.
    ///   - killAfter: sends the signal once this says so; asked twenty times a second.
    ///   - times: how often it is sent, a twentieth of a second apart.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], fileSizeLimit: Int? = nil,
        signal: Int32 = SIGKILL, times: Int = 1, killAfter: (() -> Bool)? = nil
    ) throws -> CommandResult {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: fileSizeLimit == nil ? executable : "/bin/sh")
        // The signal that the limit raises is ignored, and the write itself fails. sh counts in 512 bytes.
        process.arguments =
            (fileSizeLimit.map { ["-c", "trap '' XFSZ; ulimit -f \($0 * 2); exec \"$0\" \"$@\"", executable] } ?? []) + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let folder = FileManager.default.temporaryDirectory
        let files = ["out", "err"].map { folder.appendingPathComponent("ediy-\(UUID()).\($0)").path }
        for file in files { FileManager.default.createFile(atPath: file, contents: nil) }
        defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
        process.standardOutput = FileHandle(forWritingAtPath: files[0])
        process.standardError = FileHandle(forWritingAtPath: files[1])
        try process.run()
        while let killAfter, process.isRunning {
            Thread.sleep(forTimeInterval: 0.05)
            guard killAfter() else { continue }
            for _ in 0..<times where process.isRunning {
                kill(process.processIdentifier, signal)
                Thread.sleep(forTimeInterval: 0.05)
            }
            break
        }
        process.waitUntilExit()
        let texts = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }
        return CommandResult(status: process.terminationStatus, output: texts[0], error: texts[1])
    }
}

/// A benchmark of seconds: everything as in the real ones, but small.
let tinyRecipe = """
    name: tiny
    dataset: {kind: shapes, train: 8, val: 4, unlabeled: 8, image_size: 64, seed: 2}
    methods: [none, byol, e-diy]
    seeds: [3]
    pretraining:
      {backbone: r18, width: 8, image_size: 32, batch: 4, epochs: 10, warmup_epochs: 1, optimizer: sgd, hidden_size: 16,
       projection_size: 8, regions: {grid: 2, hidden_size: 16, projection_size: 8}}
    detection:
      {backbone: r18, width: 8, anchor_sizes: [16, 32], rpn_batch: 16, pre_nms_topk: 50, post_nms_topk: 20,
       pre_nms_topk_test: 50, post_nms_topk_test: 20, roi_batch: 8, pool_size: 7, mask_channels: 8,
       min_size: [64], max_size: 64, min_size_test: 64, batch: 2, iterations: 16, learning_rate: 0.01, milestones: [12],
       warmup: 4}
    run: {workers: 1, checkpoint_interval: 3, log_interval: 1}

    """
