import Support

/// Writes a zip archive of stored entries, each aligned to 64 bytes as PyTorch aligns them, so that they can be mapped. Source:
/// PKWARE's application note.
struct ZipWriter {
    private let file: AtomicFile.Appender
    private var place = 0
    private var directory: [UInt8] = []
    private var count = 0

    init(_ file: AtomicFile.Appender) { self.file = file }

    mutating func add(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
        let header = 30 + name.utf8.count
        // An extra field of four bytes and zeros.
        let padding = (64 - (place + header + 4) % 64) % 64
        let crc = Checksum.crc32(bytes)
        var common: [UInt8] = []
        common += little(20, 2) + little(0, 2) + little(0, 2) + little(0, 2) + little(0x21, 2)
        common += little(Int(crc), 4) + little(bytes.count, 4) + little(bytes.count, 4) + little(name.utf8.count, 2)
        let local =
            little(0x0403_4B50, 4) + common + little(4 + padding, 2) + Array(name.utf8)
            // "FB", as PyTorch names its padding.
            + little(0x4246, 2) + little(padding, 2) + [UInt8](repeating: 0, count: padding)
        directory += little(0x0201_4B50, 4) + little(20, 2) + common + little(0, 2) + little(0, 2) + little(0, 2) + little(0, 2)
        directory += little(0, 4) + little(place, 4) + Array(name.utf8)
        try file.append(local)
        try file.append(bytes)
        place += local.count + bytes.count
        count += 1
    }

    mutating func finish() throws {
        let end = little(0x0605_4B50, 4) + little(0, 4) + little(count, 2) + little(count, 2) + little(directory.count, 4)
        try file.append(directory + end + little(place, 4) + little(0, 2))
    }

    private func little(_ value: Int, _ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
}
