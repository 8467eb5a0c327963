import Foundation
import Support

/// A TensorBoard event file: Event messages (event.proto and summary.proto of TensorFlow, encoded here by field number) in
/// TFRecord frames.
///
/// Each start of a run opens a new file, whose first events say which version it is of and at which iteration it starts: what
/// earlier files say of that iteration and later ones is void to TensorBoard, as it is to metrics.jsonl.
public struct EventFile {
    private let path: String
    private let file: FileHandle
    private let now: () -> Double

    /// Makes a new file in a run folder.
    ///
    /// - Parameters:
    ///   - iteration: the first that will be written.
    ///   - now: gives seconds since 1970.
    /// - Throws: `UserError` when it cannot be written.
    public init(in folder: String, from iteration: Int, now: @escaping () -> Double = { Date().timeIntervalSince1970 }) throws {
        // TensorBoard reads them in the order of their names.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let index = names.count { $0.hasPrefix(Self.prefix) }
        path = "\(folder)/\(Self.prefix)\(String(format: "%010d", Int(now()))).\(Self.host).\(String(format: "%04d", index))"
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path) else {
            throw UserError("cannot be written", file: path, remedy: "check the permissions")
        }
        self.file = file
        self.now = now
        try append(at: 0) { $0.field(3, text: "brain.Event:2") }
        // SessionLog.START.
        try append(at: iteration) { $0.field(7) { $0.field(1, varint: 1) } }
    }

    /// Numbers of one iteration, by their tags.
    public func append(_ scalars: [(tag: String, value: Double)], at iteration: Int) throws {
        try append(at: iteration) { event in
            event.field(5) { summary in
                for (tag, value) in scalars {
                    summary.field(1) {
                        $0.field(1, text: tag)
                        $0.field(2, float: Float(value))
                    }
                }
            }
        }
    }

    /// An image of one iteration.
    public func append(jpeg: [UInt8], width: Int, height: Int, tag: String, at iteration: Int) throws {
        try append(at: iteration) { event in
            event.field(5) { summary in
                summary.field(1) { value in
                    value.field(1, text: tag)
                    value.field(4) { image in
                        image.field(1, varint: height)
                        image.field(2, varint: width)
                        // RGB.
                        image.field(3, varint: 3)
                        image.field(4, bytes: jpeg)
                    }
                }
            }
        }
    }

    /// To the disk.
    func flush() throws { try attempt { try file.synchronize() } }

    private func append(at iteration: Int, _ content: (inout ProtobufMessage) -> Void) throws {
        var event = ProtobufMessage()
        event.field(1, double: now())
        if iteration != 0 { event.field(2, varint: iteration) }
        content(&event)
        try attempt { try file.write(contentsOf: Data(Self.framed(event.bytes))) }
    }

    private func attempt(_ body: () throws -> Void) throws {
        do { try body() } catch {
            throw UserError("cannot be written: \(error.localizedDescription)", file: path, remedy: "check the disk's free space")
        }
    }

    private static let prefix = "events.out.tfevents."

    private static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        return text.isEmpty ? "localhost" : text.map { $0.isLetter || $0.isNumber || $0 == "-" ? "\($0)" : "_" }.joined()
    }

    /// A TFRecord: length, its checksum, the data, their checksum.
    private static func framed(_ data: [UInt8]) -> [UInt8] {
        let length = littleEndian(UInt64(data.count))
        return length + littleEndian(CRC32C.masked(length)) + data + littleEndian(CRC32C.masked(data))
    }
}

/// A message of Protocol Buffers while it is written: fields by number, in the order of the calls.
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    mutating func field(_ number: Int, varint value: Int) {
        key(number, 0)
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func field(_ number: Int, double value: Double) {
        key(number, 1)
        bytes += littleEndian(value.bitPattern)
    }

    mutating func field(_ number: Int, float value: Float) {
        key(number, 5)
        bytes += littleEndian(value.bitPattern)
    }

    mutating func field(_ number: Int, bytes value: some Collection<UInt8>) {
        key(number, 2)
        varint(UInt64(value.count))
        bytes += value
    }

    mutating func field(_ number: Int, text: String) { field(number, bytes: Array(text.utf8)) }

    /// A message inside this one.
    mutating func field(_ number: Int, _ content: (inout ProtobufMessage) -> Void) {
        var inner = ProtobufMessage()
        content(&inner)
        field(number, bytes: inner.bytes)
    }

    private mutating func key(_ number: Int, _ wireType: Int) { varint(UInt64(number << 3 | wireType)) }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Castagnoli's checksum, masked as TFRecords have it.
private enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
    }

    static func masked(_ bytes: [UInt8]) -> UInt32 {
        let crc = ~bytes.reduce(~UInt32(0)) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
        return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
    }
}

private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
