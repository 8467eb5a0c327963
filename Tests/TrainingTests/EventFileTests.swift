import Foundation
import Support
import TestSupport
import Testing
import Training

@Suite struct EventFileTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func bytesAreTensorBoards() throws {
        let file = try EventFile(in: scratch.path, from: 300, now: { 1_700_000_000.5 })
        try file.append([("train/loss", 2.5), ("train/lr", 0), ("eval/AP", -1e-3)], at: 300)
        try file.append(jpeg: (0..<200).map { UInt8($0) }, width: 300, height: 40, tag: "bäume", at: 1 << 40)
        let name = try #require(FileManager.default.contentsOfDirectory(atPath: scratch.path).first)
        #expect(name.hasPrefix("events.out.tfevents.1700000000.") && name.hasSuffix(".0000"))
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/events.golden")
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/\(name)")) == Data(contentsOf: golden))
    }

    @Test func aFolderThatIsNotThereIsNamed() {
        #expect { try EventFile(in: "\(scratch.path)/nowhere", from: 0) } throws: { "\($0)".contains("/nowhere/events.out.tfevents") }
    }
}

/// What a run's event files say, as TensorBoard takes them: in the order of their names, and what was written for an iteration
/// at which a later file starts, or for a later one, is void.
func events(in folder: String) throws -> [(tag: String, iteration: Int, value: Float)] {
    var found: [(tag: String, iteration: Int, value: Float)] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder).filter({ $0.contains("tfevents") }).sorted() {
        var file = Message(bytes: Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))[...])
        while !file.bytes.isEmpty {
            let length = file.number(8)
            file.bytes = file.bytes.dropFirst(4)
            let event = Message(bytes: file.bytes.prefix(length)).fields
            file.bytes = file.bytes.dropFirst(length + 4)
            let iteration = event[2]?.first?.number ?? 0
            if event[7] != nil { found.removeAll { $0.iteration >= iteration } }
            for value in (event[5] ?? []).flatMap({ Message(bytes: $0.bytes).fields[1] ?? [] }) {
                let fields = Message(bytes: value.bytes).fields
                guard let tag = fields[1]?.first, let scalar = fields[2]?.first else { continue }
                found.append(
                    (String(decoding: tag.bytes, as: UTF8.self), iteration, Float(bitPattern: UInt32(truncatingIfNeeded: scalar.number))))
            }
        }
    }
    return found
}

/// A reader of Protocol Buffers, for these tests alone.
private struct Message {
    var bytes: ArraySlice<UInt8>

    mutating func number(_ count: Int) -> Int {
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private mutating func varint() -> Int {
        var (value, shift) = (0, 0)
        while let byte = bytes.popFirst() {
            value |= Int(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        return value
    }

    /// By number; wall times are passed over.
    var fields: [Int: [(number: Int, bytes: ArraySlice<UInt8>)]] {
        var rest = self
        var fields: [Int: [(number: Int, bytes: ArraySlice<UInt8>)]] = [:]
        while !rest.bytes.isEmpty {
            let key = rest.varint()
            switch key & 7 {
            case 0: fields[key >> 3, default: []].append((rest.varint(), []))
            case 1: rest.bytes = rest.bytes.dropFirst(8)
            case 5: fields[key >> 3, default: []].append((rest.number(4), []))
            default:
                let length = rest.varint()
                fields[key >> 3, default: []].append((0, rest.bytes.prefix(length)))
                rest.bytes = rest.bytes.dropFirst(length)
            }
        }
        return fields
    }
}

/// PyPI's TensorBoard, where it is installed.
private enum TensorBoard {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/make_events.py").path

    static let isThere = (try? python("-c", "import tensorboard"))?.status == 0

    /// What TensorBoard finds in a folder: a line a tag.
    static func tags(in folder: String) throws -> [Substring] {
        let (status, output) = try python(script, folder)
        try #require(status == 0)
        return output.split(separator: "\n")
    }

    private static func python(_ arguments: String...) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

@Suite(.enabled(if: TensorBoard.isThere, "needs PyPI's tensorboard")) struct TensorBoardTests {
    @Test func tensorBoardReadsWhatWasWrittenAndForgetsWhatAResumedRunWroteAgain() throws {
        let scratch = try Scratch()
        let first = try EventFile(in: scratch.path, from: 0)
        for (iteration, loss) in [(0, 4), (10, 3), (20, 64)] {
            try first.append([("train/loss", Double(loss)), ("train/lr", 0.5)], at: iteration)
        }
        let second = try EventFile(in: scratch.path, from: 20)
        try second.append([("train/loss", 2.5), ("train/lr", 0.25), ("eval/bbox/AP", 0.375)], at: 20)
        try second.append(jpeg: [1, 2, 3], width: 30, height: 20, tag: "detections/a.jpg", at: 20)
        #expect(
            try TensorBoard.tags(in: scratch.path) == [
                "train/loss 3 first (0, 4.0) last (20, 2.5)", "train/lr 3 first (0, 0.5) last (20, 0.25)",
                "eval/bbox/AP 1 first (20, 0.375) last (20, 0.375)", "detections/a.jpg [(20, 30, 20, 3)]",
            ])
    }
}
