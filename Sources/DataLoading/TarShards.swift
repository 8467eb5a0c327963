import Support
import Vision

/// The JPEG and PNG files in WebDataset's tar shards. An epoch takes the shards in an order of its own and their members one after
/// the other through a buffer of bounded size, out of which they come at random: so what is read lies behind one another on
/// the disk, and memory holds no more than where each image begins.
///
/// The order follows from the seed and the epoch alone, and any part of it can be asked for: a run gives the same numbers with
/// any number of workers, and after it was stopped.
public struct TarShards: ImageSource {
    /// Images that are mixed with one another at a time.
    private let bufferSize: Int
    private let paths: [String]
    /// Where each member begins in its shard, shard by shard.
    private let starts: [Int]
    /// The number of each shard's first image, and at the end the number of all.
    private let firsts: [Int]

    /// Reads the headers of all members.
    ///
    /// - Parameters:
    ///   - pattern: a path, or several by braces: `shard-{000000..000146}.tar`.
    ///   - bufferSize: images that are mixed with one another at a time.
    /// - Throws: `UserError` naming the archive that cannot be read, and the byte where it is damaged or cut short.
    public init(_ pattern: String, bufferSize: Int = 4096) throws {
        self.bufferSize = bufferSize
        paths = try expandBraces(pattern)
        let progress = ProgressLine("index", total: paths.count, unit: "shards")
        var starts: [Int] = []
        var firsts = [0]
        for path in paths {
            try TarFile.open(path) { file in
                var place = 0
                while let member = try file.member(at: place) {
                    if member.isFile, Self.isImage(member.name[...].utf8) { starts.append(place) }
                    place = member.end
                }
            }
            firsts.append(starts.count)
            progress.advance()
        }
        progress.end("done")
        guard !starts.isEmpty else {
            throw UserError("has no JPEG or PNG files", file: pattern, remedy: "name archives with members .jpg or .png")
        }
        self.starts = starts
        self.firsts = firsts
    }

    /// By its name; hidden members are none, such as macOS writes beside each file (._NAME).
    private static func isImage(_ path: Substring.UTF8View) -> Bool {
        let name = path.lastIndex(of: UInt8(ascii: "/")).map { path[path.index(after: $0)...] } ?? path
        return NamedFormat(name) == .image && name.first != UInt8(ascii: ".")
    }

    public var count: Int { starts.count }

    public func name(_ index: Int) -> String {
        let path = paths[shard(of: index)]
        let member = try? TarFile.open(path) { try $0.member(at: starts[index]) }
        return "\(path): \(member?.name ?? "byte \(starts[index])")"
    }

    public func image(_ index: Int) throws -> ImageFile {
        let path = paths[shard(of: index)]
        let found = try TarFile.open(path) { file in
            try file.member(at: starts[index]).map { (name: $0.name, bytes: try file.read($0.bytes)) }
        }
        guard let found else { throw UserError("has changed since it was opened", file: path) }
        return try ImageFile(found.bytes, file: "\(path): \(found.name)")
    }

    public func order(seed: UInt64, epoch: Int) -> [Int32] {
        let stream = shardOrder(seed: seed, epoch: epoch).lazy.flatMap { Int32(firsts[$0])..<Int32(firsts[$0 + 1]) }
        var generator = SeededGenerator(seed, UInt64(epoch), 0x4255_4646)
        return shuffled(stream, buffer: bufferSize, using: &generator)
    }

    public func prepare(_ places: Range<Int>, seed: UInt64, epoch: Int) {
        // What will have come into the buffer when these leave it; at the beginning, all that fills it.
        let begin = places.lowerBound == 0 ? 0 : places.lowerBound + bufferSize
        var passed = 0
        for shard in shardOrder(seed: seed, epoch: epoch) {
            let members = firsts[shard]..<firsts[shard + 1]
            let wanted = (begin - passed..<places.upperBound + bufferSize - passed).clamped(to: 0..<members.count)
            passed += members.count
            guard !wanted.isEmpty else { continue }
            try? TarFile.open(paths[shard]) { file in
                let last = try file.member(at: starts[members.lowerBound + wanted.upperBound - 1])?.end ?? 0
                let first = starts[members.lowerBound + wanted.lowerBound]
                if first < last { file.prefetch(first..<last) }
            }
        }
    }

    private func shardOrder(seed: UInt64, epoch: Int) -> [Int] {
        var generator = SeededGenerator(seed, UInt64(epoch), 0x5348_5244)
        return generator.permutation(paths.count)
    }

    private func shard(of index: Int) -> Int {
        // The last shard that begins at or before it; empty ones begin where the next one does.
        var (low, high) = (0, paths.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if firsts[middle] <= index { low = middle } else { high = middle }
        }
        return low
    }
}

/// The elements of a stream through a buffer: each that comes in takes the place of one that goes out at random; at the end
/// the rest goes out in random order.
private func shuffled(_ stream: some Sequence<Int32>, buffer size: Int, using generator: inout SeededGenerator) -> [Int32] {
    var buffer: [Int32] = []
    var order: [Int32] = []
    for element in stream {
        guard buffer.count == size else {
            buffer.append(element)
            continue
        }
        let place = generator.integer(in: 0..<size)
        order.append(buffer[place])
        buffer[place] = element
    }
    return order + buffer.shuffled(using: &generator)
}
