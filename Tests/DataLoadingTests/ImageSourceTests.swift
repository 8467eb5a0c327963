import DataLoading
import Foundation
import Support
import TestSupport
import Testing
import Torch
import Vision

@Suite struct ImageSourceTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// An image of one colour, told apart from others by its size.
    private func jpeg(_ number: Int) throws -> [UInt8] {
        try JPEG.encode(Image(width: 40 + number, height: 36, color: Color(red: UInt8(number * 9), green: 80, blue: 30)))
    }

    // MARK: - Tar archives

    private func header(_ name: String, size: String, kind: Character = "0") -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ at: Int) { for (i, byte) in text.utf8.enumerated() { block[at + i] = byte } }
        put(String(name.prefix(100)), 0)
        put("0000644", 100)
        put(size, 124)
        put("        ", 148)
        block[156] = kind.asciiValue ?? 0
        put("ustar", 257)
        let sum = block.reduce(0) { $0 + Int($1) }
        put(String(format: "%06o\0 ", sum), 148)
        return block
    }

    private func member(_ name: String, _ bytes: [UInt8], kind: Character = "0") -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
        return header(name, size: String(format: "%011o", bytes.count), kind: kind) + bytes + padding
    }

    private func write(_ name: String, _ members: [[UInt8]], end: Int = 1024) throws -> String {
        let path = "\(scratch.path)/\(name)"
        try AtomicFile.write(members.flatMap { $0 } + [UInt8](repeating: 0, count: end), to: path)
        return path
    }

    /// Three shards of 5, 1 and 4 images among other members.
    private func shards() throws -> String {
        var number = 0
        for (shard, count) in [5, 1, 4].enumerated() {
            var members = [member("./", [], kind: "5")]
            for _ in 0..<count {
                members.append(member(String(format: "%04d.jpg", number), try jpeg(number)))
                members.append(member(String(format: "%04d.cls", number), Array("7".utf8)))
                number += 1
            }
            _ = try write(String(format: "s-%02d.tar", shard), members)
        }
        return "\(scratch.path)/s-{00..02}.tar"
    }

    private func widths(_ source: any ImageSource) throws -> [Int] {
        try (0..<source.count).map { try source.image($0).width }
    }

    @Test func shardsHoldTheirImagesInOrder() throws {
        let source = try openImages(try shards())
        #expect(try widths(source) == (0..<10).map { 40 + $0 })
        #expect(source.name(5).hasSuffix("s-01.tar: 0005.jpg"))
    }

    private let png: [UInt8] =
        Data(
            base64Encoded: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        ).map(Array.init) ?? []

    /// macOS's tar writes ._NAME beside each NAME.
    @Test func hiddenMembersArePassedOver() throws {
        let path = try write(
            "mac.tar",
            [member("._a.jpg", [0, 5, 22, 7]), member("a.jpg", try jpeg(1)), member("d/._b.png", [0, 5]), member("d/b.PNG", png)])
        #expect(try widths(openImages(path)) == [41, 1])
    }

    @Test func foldersHoldImagesByNameAndContent() throws {
        let folder = "\(scratch.path)/mixed"
        for below in ["", "/c.jpg", "/@eaDir/a.jpg", "/.hidden"] {
            try FileManager.default.createDirectory(atPath: folder + below, withIntermediateDirectories: true)
        }
        let files: [(String, [UInt8])] = [
            ("a.jpg", try jpeg(1)), ("b.PNG", png), ("c.jpg/d.jfif", try jpeg(2)), ("e", try jpeg(3)), ("f", [1, 2, 3]), ("g.webp", [1]),
            ("notes.txt", [1]), ("._a.jpg", [1]), (".hidden/h.jpg", try jpeg(4)), ("@eaDir/a.jpg/SYNO_THUMB.jpg", try jpeg(5)),
        ]
        for (name, bytes) in files { try AtomicFile.write(bytes, to: "\(folder)/\(name)") }
        let source = try ImageFolder(folder)
        #expect((0..<source.count).map { source.names[$0] } == ["a.jpg", "b.PNG", "c.jpg/d.jfif", "e"])
        #expect(try widths(source) == [41, 1, 42, 43])
        let webp = try Scratch()
        try AtomicFile.write([1], to: "\(webp.path)/a.webp")
        #expect { try ImageFolder(webp.path) } throws: { "\($0)".contains("1 .webp; convert them") }
    }

    @Test func listsMayHaveLabelsAndAMark() throws {
        for name in ["a.jpg", "b 2.jpg"] { try AtomicFile.write(jpeg(1), to: "\(scratch.path)/\(name)") }
        let list = "\(scratch.path)/list.txt"
        func names(_ text: String) throws -> [String] {
            try AtomicFile.write(text, to: list)
            let source = try openImages(list)
            return (0..<source.count).map { source.name($0).replacing("\(scratch.path)/", with: "") }
        }
        #expect(try names("a.jpg 1\r\nb 2.jpg\t0\n") == ["a.jpg", "b 2.jpg"])
        #expect(try names("b 2.jpg\na.jpg") == ["b 2.jpg", "a.jpg"])
        #expect(try names("\u{FEFF}a.jpg\n") == ["a.jpg"])
        // A name that ends in a number, and is there.
        try AtomicFile.write(jpeg(1), to: "\(scratch.path)/photo 1")
        #expect(try names("photo 1") == ["photo 1"])
        try AtomicFile.write([0x1F, 0x8B, 8], to: list)
        #expect { try openImages(list) } throws: { "\($0)".contains("gzip") }
        try AtomicFile.write([1], to: "\(scratch.path)/s.tar.gz")
        #expect { try openImages("\(scratch.path)/s.tar.gz") } throws: { "\($0)".contains("gzip") }
    }

    @Test func longNamesAreUnderstood() throws {
        let long = String(repeating: "deep/", count: 40) + "0001.JPEG"
        let record = "path=\(long)\n"
        let pax = "\(record.utf8.count + 4) \(record)"
        let path = try write(
            "long.tar",
            [
                member("././@LongLink", Array((long + "\0").utf8), kind: "L"), member("cut", try jpeg(1)),
                member("PaxHeaders/x", Array(pax.utf8), kind: "x"), member("cut", try jpeg(2)),
            ], end: 0)
        let source = try openImages(path)
        #expect(try widths(source) == [41, 42])
        #expect(source.name(0) == "\(path): \(long)" && source.name(1) == source.name(0))
    }

    @Test func brokenArchivesAreOneLine() throws {
        let whole = try write("whole.tar", [member("a.jpg", try jpeg(1)), member("b.jpg", try jpeg(2))])
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: whole)))
        func expectError(_ bytes: [UInt8], _ words: String) throws {
            let path = "\(scratch.path)/broken.tar"
            try AtomicFile.write(bytes, to: path)
            #expect { try openImages(path) } throws: { error in
                let line = "\(error)"
                return error is UserError && line.hasPrefix(path) && line.contains(words) && !line.contains("\n")
            }
        }
        try expectError(Array(bytes.prefix(700)), "goes on beyond the file's end")
        // Only what fills the last block up is missing, and the end.
        try expectError(Array(bytes.prefix(bytes.count - 1024 - 100)), "cut short")
        try expectError(Array(bytes.prefix(512 + 1024 + 40)), "cut short")
        try expectError(header("a.jpg", size: "77777777777"), "goes on beyond the file's end")
        try expectError(header("a.jpg", size: "12x") + [UInt8](repeating: 0, count: 1024), "goes on beyond the file's end")
        try expectError(header("long", size: "00000400000", kind: "L") + [UInt8](repeating: 65, count: 1 << 17), "a name of")
        try expectError(Array("this is no archive, ".utf8) + [UInt8](repeating: 32, count: 1024), "no tar header")
        try expectError(member("a.txt", [1]), "no JPEG")
        var negative = header("a.jpg", size: "")
        negative[124] = 0xFF
        try expectError(negative, "no tar header")
        #expect(throws: UserError.self) { try openImages("\(scratch.path)/none-{0..3}.tar") }
    }

    @Test func noiseInArchivesNeverCrashes() throws {
        let whole = try write("whole.tar", [member("a.jpg", try jpeg(1)), member("b.jpg", try jpeg(2))])
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: whole)))
        var generator = SeededGenerator(8)
        for _ in 0..<300 {
            var noisy = bytes
            for _ in 0..<3 { noisy[generator.integer(in: 0..<bytes.count)] = UInt8.random(in: 0...255, using: &generator) }
            try AtomicFile.write(noisy, to: "\(scratch.path)/noisy.tar")
            guard let source = try? openImages("\(scratch.path)/noisy.tar") else { continue }
            for i in 0..<source.count { _ = try? source.image(i).decoded() }
        }
    }

    @Test func bracesAreExpandedAsShellsDo() throws {
        for name in ["a08", "a09", "a10", "b08", "b09", "b10"] { _ = try write("\(name).tar", [member("\(name).jpg", [1])]) }
        func names(_ pattern: String) throws -> [String] {
            let source = try TarShards("\(scratch.path)/\(pattern)")
            return (0..<source.count).map { String(source.name($0).suffix(7)) }
        }
        #expect(try names("a{08..10}.tar") == ["a08.jpg", "a09.jpg", "a10.jpg"])
        #expect(try names("{b,a}{08,09}.tar") == ["b08.jpg", "b09.jpg", "a08.jpg", "a09.jpg"])
        #expect(try names("{a,b}1{0..0}.tar") == ["a10.jpg", "b10.jpg"])
        #expect(try names("b09.tar") == ["b09.jpg"])
        for wrong in ["a{1...tar", "a{b}.tar", "a{3..1}.tar", "{0..99999999}.tar", "{0..9999}{0..9999}.tar", "{-1..2}.tar"] {
            #expect(throws: UserError.self) { try TarShards("\(scratch.path)/\(wrong)") }
        }
    }

    // MARK: - Orders

    @Test func anEpochOfShardsHasEachImageOnceAndMixesNearOnes() throws {
        let source = try openImages(try shards())
        let orders = (0..<3).map { source.order(seed: 4, epoch: $0) }
        for order in orders { #expect(order.sorted() == (0..<10).map(Int32.init)) }
        #expect(Set(orders).count == 3)
        #expect(orders[1] == source.order(seed: 4, epoch: 1) && orders[1] != source.order(seed: 5, epoch: 1))
    }

    @Test func aShuffleBufferIsBounded() throws {
        let path = try write("many.tar", (0..<2000).map { member("\($0).jpg", []) })
        let order = try TarShards(path, bufferSize: 100).order(seed: 3, epoch: 0)
        #expect(order.sorted() == (0..<2000).map(Int32.init))
        // Nothing comes before it has been read, which is at most the buffer ahead.
        for (place, value) in order.enumerated() { #expect(Int(value) <= place + 100) }
        // And it is mixed: the mean time in the buffer is its size.
        let apart = order.enumerated().map { abs(Double($0.offset) - Double($0.element)) }.reduce(0, +) / 2000
        #expect(apart > 50 && apart < 130)
    }

    // MARK: - The same by every way

    @Test func aListAndAFolderAreTheSameImages() throws {
        let folder = "\(scratch.path)/images"
        for (i, name) in ["b/2.jpg", "a/1.JPG", "a/0.jpeg", "c.jpg"].enumerated() {
            let path = URL(fileURLWithPath: "\(folder)/\(name)")
            try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try AtomicFile.write(try jpeg(i), to: path.path)
        }
        // A link upwards is no endless way, and one sideways is followed.
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/a/up", withDestinationPath: folder)
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/d", withDestinationPath: "\(folder)/b")
        try AtomicFile.write("no image", to: "\(folder)/notes.txt")
        let tree = try openImages(folder)
        #expect(
            (0..<tree.count).map { tree.name($0).dropFirst(folder.count + 1) } == ["a/0.jpeg", "a/1.JPG", "b/2.jpg", "c.jpg", "d/2.jpg"])
        let list = "\(scratch.path)/list.txt"
        try AtomicFile.write("images/a/0.jpeg\r\n\nimages/a/1.JPG\n\(folder)/b/2.jpg", to: list)
        #expect(try widths(openImages(list)) == Array(widths(tree).prefix(3)))
        try AtomicFile.write("\n\n", to: list)
        #expect { try openImages(list) } throws: { "\($0)".contains("names no image") }
        try AtomicFile.write([0, 1, 2, 10, 65], to: list)
        #expect { try openImages(list) } throws: { "\($0)".contains("line 1") }
    }

    @Test(arguments: [0, 1, 3])
    func shardsGiveTheSameBatchesWithAnyWorkersAndFromAnyStep(_ workers: Int) throws {
        let pattern = try shards()
        func batches() throws -> PretrainingBatches {
            PretrainingBatches(
                try openImages(pattern), batchSize: 3, views: ViewAugmentation.byol(imageSize: 32), decoding: .fast,
                reader: ImageReader(maxCorruptImages: 0), seed: 1)
        }
        let reference = try batches()
        let expected = try (0..<9).map { try reference.batch(at: $0).views[0].ints }
        #expect(Set(expected).count == 9)
        for start in [0, 4] {
            let loader = BatchLoader(try batches(), iterations: start..<9, workers: workers)
            for i in start..<9 { #expect(try #require(try loader.next()).views[0].ints == expected[i]) }
        }
    }

    @Test func aDamagedImageInAShardIsNamed() throws {
        let path = try write("bad.tar", [member("good.jpg", try jpeg(1)), member("bad.jpg", Array("nothing".utf8))])
        let source = try openImages(path)
        let reader = ImageReader(maxCorruptImages: 0)
        #expect {
            _ = try reader.read(from: 1, of: 2, name: source.name) { try source.image($0).decoded() }
        } throws: { "\($0)".contains("bad.tar: bad.jpg") }
    }

    @Test func aMillionNamesTakeLittleMemory() {
        var names = PathList()
        for i in 0..<1_000_000 {
            // Backwards, so that sorting has work to do.
            names.append("n\(String(10_000_000 + (999_999 - i) / 1300))/\(String(10_000_000 + 999_999 - i)).JPEG".utf8)
        }
        let sorted = names.sorted()
        #expect(sorted.count == 1_000_000)
        #expect(sorted[0] == "n10000000/10000000.JPEG" && sorted[999_999] == "n10000769/10999999.JPEG")
        // 23 letters and a place of 8 bytes each; growing by doubling leaves at most half unused.
        #expect(sorted.size < 2 * 1_000_000 * 31)
    }
}
