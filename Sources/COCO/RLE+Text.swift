import Support

extension RLE {
    /// COCO's compressed string: from the third run on the difference to the run two before, in groups of five bits,
    /// low ones first, as characters from `0` on.
    public var compressed: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(counts.count * 2)
        for (i, count) in counts.enumerated() {
            var x = Int(count)
            if i > 2 { x -= Int(counts[i - 2]) }
            var more = true
            while more {
                var group = x & 0x1F
                x >>= 5
                more = group & 0x10 != 0 ? x != -1 : x != 0
                if more { group |= 0x20 }
                bytes.append(UInt8(group + 48))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads COCO's compressed string.
    ///
    /// - Throws: `UserError` when a character is none of the code's, or the runs do not add up to height · width.
    public init(compressed text: String, height: Int, width: Int) throws(UserError) {
        try self.init(compressed: Array(text.utf8)[...], height: height, width: width)
    }

    init(compressed bytes: ArraySlice<UInt8>, height: Int, width: Int) throws(UserError) {
        var counts: [UInt32] = []
        try bytes.withUnsafeBufferPointer { (bytes) throws(UserError) in try RLE.appendRuns(compressed: bytes, to: &counts) }
        try RLE.check(counts[...], height: height, width: width)
        self.init(height: height, width: width, counts: counts)
    }

    /// Appends the runs of a compressed string.
    ///
    /// - Throws: `UserError` when a character is none of the code's, or a run is none.
    static func appendRuns(compressed bytes: UnsafeBufferPointer<UInt8>, to counts: inout [UInt32]) throws(UserError) {
        let first = counts.count
        // No run takes less than a character.
        counts.append(contentsOf: repeatElement(0, count: bytes.count))
        let written = try counts.withUnsafeMutableBufferPointer { (counts) throws(UserError) in
            let runs = UnsafeMutableBufferPointer(rebasing: counts[first...])
            var end = 0
            var (value, shift) = (0, 0)
            for byte in bytes {
                let group = Int(byte) - 48
                guard group & ~0x3F == 0, shift < 60 else { throw UserError("counts hold a character that is no code") }
                value |= (group & 0x1F) << shift
                shift &+= 5
                guard group & 0x20 == 0 else { continue }
                if group & 0x10 != 0 { value |= -1 << shift }
                if end > 2 { value &+= Int(runs[end &- 2]) }
                guard let run = UInt32(exactly: value) else { throw UserError("counts hold a run of \(value)") }
                runs[end] = run
                end &+= 1
                (value, shift) = (0, 0)
            }
            guard shift == 0 else { throw UserError("counts end in the middle of a run") }
            return end
        }
        counts.removeLast(bytes.count - written)
    }

    /// - Throws: `UserError` when the runs do not add up to height · width.
    static func check(_ counts: ArraySlice<UInt32>, height: Int, width: Int) throws(UserError) {
        let total = counts.withUnsafeBufferPointer { counts in
            var total = 0
            for count in counts { total += Int(count) }
            return total
        }
        guard total == height * width else {
            throw UserError("counts add up to \(total), and the mask has \(height) · \(width) pixels")
        }
    }
}
