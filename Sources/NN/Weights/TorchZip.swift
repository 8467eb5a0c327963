import Support

/// The zip archive that `torch.save` writes: `data.pkl`, and a storage in each of `data/0`, `data/1`, …, stored as they are.
/// Source: PKWARE's application note for the archive, PyTorch's notes on serialization for what lies in it.
struct TorchZip {
    /// A zip archive's own limit without its 64-bit extension; no checkpoint comes near.
    static let maximumEntries = 65_535

    private let file: MappedFile
    /// By name, without the folder that all lie in.
    private var entries: [String: Range<Int>] = [:]

    init(_ file: MappedFile) throws {
        self.file = file
        let directory = try Self.directory(of: file)
        var place = directory.range.lowerBound
        var names: [(name: String, range: Range<Int>)] = []
        for _ in 0..<directory.count {
            guard place + 46 <= directory.range.upperBound, file.number(at: place, size: 4) == 0x0201_4B50,
                let nameLength = file.number(at: place + 28, size: 2).map(Int.init),
                let extraLength = file.number(at: place + 30, size: 2).map(Int.init),
                let commentLength = file.number(at: place + 32, size: 2).map(Int.init),
                place + 46 + nameLength + extraLength + commentLength <= directory.range.upperBound
            else { throw file.error("has a damaged list of its parts", remedy: "get or write it again") }
            let name = file.text(place + 46..<place + 46 + nameLength)
            // Its programs are compressed, and come before its data.
            guard !name.contains("/code/__torch__") else {
                throw file.error(
                    "is a TorchScript archive, a program with its weights",
                    remedy: "load it with torch.jit.load, and save its state_dict()")
            }
            if !name.hasSuffix("/") { names.append((name, try range(ofEntryAt: place, name, nameLength, extraLength))) }
            place += 46 + nameLength + extraLength + commentLength
        }
        guard let pickle = names.first(where: { $0.name.hasSuffix("/data.pkl") }) else {
            throw file.error("is a zip archive without data.pkl, so not of torch.save", remedy: "unpack it, if weights lie in it")
        }
        let folder = pickle.name.dropLast("data.pkl".count)
        for (name, range) in names where name.hasPrefix(folder) {
            guard entries.updateValue(range, forKey: String(name.dropFirst(folder.count))) == nil else {
                throw file.error("has a part twice", at: name)
            }
        }
        if let order = entries["byteorder"], file.text(order) != "little" {
            throw file.error("was written by a big-endian machine", remedy: "write it again on another one")
        }
    }

    func content() throws -> (sections: [WeightFile.Section], notes: [(name: String, value: String)]) {
        guard let range = entries["data.pkl"] else { throw file.error("has no data.pkl") }
        let pickle = try PickleMachine.read(file, range)
        return try PickleContent.read(pickle, file) { storage in
            guard let range = entries["data/\(storage.key)"] else {
                throw file.error("has no part data/\(storage.key), which a tensor lies in", remedy: "get or write it again")
            }
            return .plain(range)
        }
    }

    /// Where the bytes of an entry of the directory lie.
    private func range(ofEntryAt place: Int, _ name: String, _ nameLength: Int, _ extraLength: Int) throws -> Range<Int> {
        func fail(_ problem: String, _ remedy: String = "get or write it again") -> UserError {
            file.error(problem, at: name, remedy: remedy)
        }
        func field(_ offset: Int, _ size: Int) -> UInt64 { file.number(at: place + offset, size: size) ?? 0 }
        guard field(8, 2) & 1 == 0 else { throw fail("is encrypted", "write it again with torch.save") }
        guard field(10, 2) == 0 else {
            throw fail("is compressed, which torch.save never does", "load and save it with PyTorch, or unzip and zip it with -0")
        }
        var sizes = [field(24, 4), field(20, 4), field(42, 4)]
        // Those that do not fit in 32 bits stand in the extension with the number 1, in this order.
        var extra = place + 46 + nameLength
        let extraEnd = extra + extraLength
        while extra + 4 <= extraEnd, let id = file.number(at: extra, size: 2), let length = file.number(at: extra + 2, size: 2) {
            if id == 1 {
                var at = extra + 4
                for i in sizes.indices where sizes[i] == 0xFFFF_FFFF {
                    guard at + 8 <= extraEnd, let wide = file.number(at: at, size: 8) else { throw fail("has no proper size") }
                    sizes[i] = wide
                    at += 8
                }
            }
            extra += 4 + Int(length)
        }
        let (size, packed, header) = (sizes[0], sizes[1], sizes[2])
        guard size == packed, header < UInt64(file.count), size <= UInt64(file.count),
            file.number(at: Int(header), size: 4) == 0x0403_4B50,
            let localName = file.number(at: Int(header) + 26, size: 2), let localExtra = file.number(at: Int(header) + 28, size: 2)
        else { throw fail("does not lie where the archive says") }
        let start = Int(header) + 30 + Int(localName) + Int(localExtra)
        guard start <= file.count, Int(size) <= file.count - start else { throw fail("reaches beyond the end of the file") }
        return start..<start + Int(size)
    }

    /// The list of entries at the archive's end.
    private static func directory(of file: MappedFile) throws -> (range: Range<Int>, count: Int) {
        let cut = file.error("has no end of a zip archive: it was cut short", remedy: "get or write it again")
        // The end is 22 bytes and a comment of at most 65,535.
        let lowest = max(file.count - 22 - 65_535, 0)
        guard file.count >= 22,
            let end = stride(from: file.count - 22, through: lowest, by: -1).first(where: {
                file.bytes[$0] == 0x50 && file.number(at: $0, size: 4) == 0x0605_4B50
            })
        else { throw cut }
        var fields = [
            file.number(at: end + 10, size: 2) ?? 0, file.number(at: end + 12, size: 4) ?? 0, file.number(at: end + 16, size: 4) ?? 0,
        ]
        let limits: [UInt64] = [0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF]
        if zip(fields, limits).contains(where: { $0 == $1 }), file.number(at: end - 20, size: 4) == 0x0706_4B50 {
            guard let wide = file.number(at: end - 12, size: 8), wide < UInt64(file.count),
                file.number(at: Int(wide), size: 4) == 0x0606_4B50, let count = file.number(at: Int(wide) + 32, size: 8),
                let size = file.number(at: Int(wide) + 40, size: 8), let start = file.number(at: Int(wide) + 48, size: 8)
            else { throw cut }
            fields = [count, size, start]
        }
        let (count, size, start) = (fields[0], fields[1], fields[2])
        guard count <= UInt64(maximumEntries) else { throw file.error("has \(count) parts, more than any checkpoint") }
        guard start <= UInt64(file.count), size <= UInt64(file.count) - start else { throw cut }
        return (Int(start)..<Int(start + size), Int(count))
    }
}
