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
        try bytes.withUnsafeBufferPointer { (bytes) throws(UserError) in
            try RLE.appendRuns(compressed: bytes, height: height, width: width, to: &counts)
        }
        self.init(height: height, width: width, counts: counts)
    }

    /// Appends the runs of a compressed string.
    ///
    /// - Throws: `UserError` when a character is none of the code's, or the runs do not add up to height · width.
    static func appendRuns(
        compressed bytes: UnsafeBufferPointer<UInt8>, height: Int, width: Int, to counts: inout [UInt32]
    ) throws(UserError) {
        // No run takes less than a character.
        let total = try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: bytes.count) { (runs) throws(UserError) in
            let (count, total) = try decode(bytes, into: runs)
            counts.append(contentsOf: UnsafeBufferPointer(rebasing: runs[..<count]))
            return total
        }
        try check(total, height: height, width: width)
    }

    /// How many runs there are, and their sum.
    private static func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, into runs: UnsafeMutableBufferPointer<UInt32>
    ) throws(UserError) -> (count: Int, total: Int) {
        var (count, total) = (0, 0)
        var next = 0
        while next < bytes.count {
            var group = Int(bytes[next] &- 48)
            next &+= 1
            // Most runs are of one group or two; bit 4 of the last one is the sign.
            var value = group & 0x1F
            var shift = 5
            while group & ~0x1F == 0x20 {
                guard next < bytes.count else { throw UserError("counts end in the middle of a run") }
                guard shift < 60 else { throw UserError("counts hold a run of over 64 bits") }
                group = Int(bytes[next] &- 48)
                next &+= 1
                value |= (group & 0x1F) &<< shift
                shift &+= 5
            }
            guard group & ~0x1F == 0 else { throw UserError("counts hold a character that is no code") }
            value &-= (group & 0x10) &<< (shift &- 4)
            if count > 2 { value &+= Int(runs[count &- 2]) }
            guard let run = UInt32(exactly: value) else { throw UserError("counts hold a run of \(value)") }
            runs[count] = run
            total &+= value
            count &+= 1
        }
        return (count, total)
    }

    /// - Throws: `UserError` when the runs do not add up to height · width.
    static func check(_ counts: ArraySlice<UInt32>, height: Int, width: Int) throws(UserError) {
        try check(counts.reduce(0) { $0 + Int($1) }, height: height, width: width)
    }

    private static func check(_ total: Int, height: Int, width: Int) throws(UserError) {
        guard total == height * width else {
            throw UserError("counts add up to \(total), and the mask has \(height) · \(width) pixels")
        }
    }
}
