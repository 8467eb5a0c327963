import Torch

/// The instructions of a pickle that holds dictionaries of tensors. Source: Python's `pickletools`; protocol 2, which knows
/// no bytes, or 3, which does.
struct PickleWriter {
    private(set) var bytes: [UInt8]

    init(protocol version: UInt8) { bytes = [0x80, version] }

    mutating func end() { bytes.append(UInt8(ascii: ".")) }

    /// A dictionary, its members put into it by `body`, each a key and a value.
    mutating func dictionary(_ body: (inout PickleWriter) throws -> Void) rethrows {
        bytes += [UInt8(ascii: "}"), UInt8(ascii: "(")]
        try body(&self)
        bytes.append(UInt8(ascii: "u"))
    }

    mutating func tuple(_ body: (inout PickleWriter) -> Void) {
        mark()
        body(&self)
        tupleEnd()
    }

    /// Where a tuple begins.
    mutating func mark() { bytes.append(UInt8(ascii: "(")) }

    mutating func tupleEnd() { bytes.append(UInt8(ascii: "t")) }

    mutating func ints(_ values: [Int]) { tuple { writer in values.forEach { writer.int($0) } } }

    mutating func text(_ text: String) {
        bytes.append(UInt8(ascii: "X"))
        bytes += withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian, Array.init)
        bytes += Array(text.utf8)
    }

    mutating func bool(_ value: Bool) { bytes.append(value ? 0x88 : 0x89) }

    mutating func none() { bytes.append(UInt8(ascii: "N")) }

    mutating func int(_ value: Int) {
        if let small = Int32(exactly: value) {
            bytes.append(UInt8(ascii: "J"))
            bytes += withUnsafeBytes(of: small.littleEndian, Array.init)
        } else {
            bytes += [0x8A, 8] + withUnsafeBytes(of: Int64(value).littleEndian, Array.init)
        }
    }

    mutating func global(_ module: String, _ name: String) { bytes += Array("c\(module)\n\(name)\n".utf8) }

    /// What stands before is called with the tuple that stands last.
    mutating func reduce() { bytes.append(UInt8(ascii: "R")) }

    /// What stands before is given the state that stands last.
    mutating func build() { bytes.append(UInt8(ascii: "b")) }

    /// What stands last is the name of something that lies elsewhere.
    mutating func persistentID() { bytes.append(UInt8(ascii: "Q")) }

    /// The head of bytes that are written next.
    mutating func bytesHead(_ count: Int) {
        bytes.append(UInt8(ascii: "B"))
        bytes += withUnsafeBytes(of: UInt32(count).littleEndian, Array.init)
    }

    /// Hands over what was written since the last time.
    mutating func flush() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }
}
