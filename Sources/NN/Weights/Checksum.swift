/// The checksum of zip archives, CRC-32, eight bytes a step. Source: PKWARE's application note, 4.4.7; the tables of Kounavis and
/// Berry 2005. zlib has it too, and would be a library for these lines alone.
enum Checksum {
    /// Eight tables of 256, one after the other.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = (0..<256).map { byte in
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = (crc & 1) * 0xEDB8_8320 ^ (crc >> 1) }
            return crc
        }
        for i in 256..<8 * 256 {
            let before = tables[i - 256]
            tables.append(tables[Int(before & 0xFF)] ^ (before >> 8))
        }
        return tables
    }()

    static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { table in
            var crc: UInt32 = 0xFFFF_FFFF
            var place = 0
            while place + 8 <= bytes.count {
                let next = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                var word = next ^ UInt64(crc)
                crc = 0
                for i in 0..<8 {
                    crc ^= table[(7 - i) * 256 + Int(word & 0xFF)]
                    word >>= 8
                }
                place += 8
            }
            while place < bytes.count {
                crc = table[Int((crc ^ UInt32(bytes[place])) & 0xFF)] ^ (crc >> 8)
                place += 1
            }
            return ~crc
        }
    }
}
