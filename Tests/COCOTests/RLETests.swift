import COCO
import Support
import TestSupport
import Testing

@Suite struct RLETests {
    @Test func polygonsAndMasksAreTheMaskAPIs() throws {
        for golden in try #require(JSON.read(fixture("masks.json")).array) {
            let (h, w) = (golden["h"]?.int ?? 0, golden["w"]?.int ?? 0)
            func polygon(_ key: String) -> [Double] { golden[key]?.array?.compactMap(\.double) ?? [] }
            let a = RLE(polygons: [polygon("a")], height: h, width: w)
            let b = RLE(polygons: [polygon("b")], height: h, width: w)
            #expect(a.compressed == golden["ra"]?.string)
            #expect(b.compressed == golden["rb"]?.string)
            #expect(RLE.union([a, b]).compressed == golden["union"]?.string)
            #expect(RLE.intersection([a, b]).compressed == golden["both"]?.string)
            #expect(a.area == golden["area"]?.int)
            let box = a.boundingBox
            #expect([box.x, box.y, box.width, box.height] == golden["box"]?.array?.compactMap(\.double))
            #expect(a.iou(with: b) == golden["iou"]?.double)
            #expect(a.iou(with: b, isCrowd: true) == golden["crowd"]?.double)
        }
    }

    @Test func everyMaskSurvives() throws {
        var generator = SeededGenerator(3)
        for _ in 0..<2000 {
            let (h, w) = (generator.integer(in: 1..<30), generator.integer(in: 1..<30))
            let density = generator.uniform()
            let mask = (0..<h * w).map { _ in generator.chance(density) ? UInt8(1) : 0 }
            let rle = RLE(mask: mask, height: h, width: w)
            #expect(rle.decode() == mask)
            #expect(rle.area == mask.count { $0 == 1 })
            #expect(try RLE(compressed: rle.compressed, height: h, width: w) == rle)
            #expect(RLE.union([rle, rle]) == rle && RLE.intersection([rle, rle]) == rle)
        }
    }

    @Test func stringsThatLieAreRefused() {
        var generator = SeededGenerator(4)
        #expect(throws: UserError.self) { try RLE(compressed: "é", height: 2, width: 2) }
        #expect(throws: UserError.self) { try RLE(compressed: "5", height: 2, width: 2) }
        #expect(throws: UserError.self) { try RLE(compressed: "Poooooooooooooooooo", height: 2, width: 2) }
        for _ in 0..<20_000 {
            let text = String(
                decoding: (0..<generator.integer(in: 0..<12)).map { _ in UInt8.random(in: 40...120, using: &generator) }, as: UTF8.self)
            if let rle = try? RLE(compressed: text, height: 7, width: 5) { #expect(rle.decode().count == 35) }
        }
    }

    /// Runs of no length, polygons of two corners, boxes far out, masks of two sizes.
    @Test func oddMasksAreThoseOfTheMaskAPI() throws {
        let golden = try JSON.read(fixture("mask-quirks.json"))
        func numbers(_ json: JSON?) -> [Double] { json?.array?.compactMap(\.double) ?? [] }
        func size(_ json: JSON, _ h: String = "h", _ w: String = "w") -> (Int, Int) { (json[h]?.int ?? 0, json[w]?.int ?? 0) }
        for list in try #require(golden["lists"]?.array) {
            let (h, w) = size(list)
            let polygons = list["polygons"]?.array?.map { numbers($0) } ?? []
            #expect(RLE(polygons: polygons, height: h, width: w).compressed == list["mask"]?.string)
        }
        for box in try #require(golden["boxes"]?.array) {
            let (h, w) = size(box)
            let b = numbers(box["box"])
            let mask = RLE(box: Box(x: b[0], y: b[1], width: b[2], height: b[3]), height: h, width: w)
            #expect(mask.compressed == box["mask"]?.string, "\(b)")
        }
        for pair in try #require(golden["pairs"]?.array) {
            let ((h, w), (oh, ow)) = (size(pair), size(pair, "oh", "ow"))
            let a = RLE(height: h, width: w, counts: numbers(pair["a"]).map { UInt32($0) })
            let b = RLE(height: oh, width: ow, counts: numbers(pair["b"]).map { UInt32($0) })
            #expect(a.compressed == pair["text"]?.string && a.area == pair["area"]?.int)
            #expect(try RLE(compressed: a.compressed, height: h, width: w) == a)
            let box = a.boundingBox
            #expect([box.x, box.y, box.width, box.height] == numbers(pair["box"]), "\(a)")
            #expect(a.iou(with: b) == pair["iou"]?.double && a.iou(with: b, isCrowd: true) == pair["crowd"]?.double, "\(a) \(b)")
            guard h == oh, w == ow else { continue }
            #expect(RLE.union([a, b]).compressed == pair["union"]?.string)
            #expect(RLE.intersection([a, b]).compressed == pair["both"]?.string)
        }
    }

    @Test func tenThousandMasksAreThoseOfTheMaskAPI() throws {
        let golden = try #require(try JSON.read(fixture("mask-digests.json")).array?.compactMap(\.string))
        var draw = Draw(state: 1)
        func polygon(_ h: Int, _ w: Int) -> [Double] {
            (0..<2 * (3 + draw(6))).map { Double(draw(100 * (($0 % 2 == 0 ? w : h) + 8))) / 100 - 4 }
        }
        func bitmap(_ h: Int, _ w: Int) -> [UInt8] {
            let toggle = 1 + draw(12)
            var value = UInt8(draw(2))
            return (0..<h * w).map { _ in
                if draw(toggle) == 0 { value = 1 - value }
                return value
            }
        }
        for (block, expected) in golden.enumerated() {
            let lines = try (0..<100).map { _ in
                let (h, w) = (1 + draw(50), 1 + draw(50))
                let a = RLE(polygons: (0..<1 + draw(2)).map { _ in polygon(h, w) }, height: h, width: w)
                let bits = bitmap(h, w)
                let b = RLE(mask: bits, height: h, width: w)
                let (x, y) = (Double(draw(100 * w)) / 100, Double(draw(100 * h)) / 100)
                let box = Box(x: x, y: y, width: Double(draw(100 * w)) / 100, height: Double(draw(100 * h)) / 100)
                let c = RLE(box: box, height: h, width: w)
                #expect(b.decode() == bits)
                let again = try RLE(compressed: a.compressed, height: h, width: w)
                #expect(again == a)
                let masks = [a, b, c, RLE.intersection([a, b]), RLE.union([a, b, c])]
                let ious = [(a, b), (b, c), (c, a)].flatMap { p, q in [false, true].map { p.iou(with: q, isCrowd: $0) } }
                let boxes = [a, b, c].map(\.boundingBox).flatMap { [$0.x, $0.y, $0.width, $0.height] }
                return
                    (masks.map(\.compressed) + [a, b, c].map { "\($0.area)" } + boxes.map { "\(Int($0))" }
                    + ious.map { hex($0.bitPattern) }).joined(separator: " ")
            }
            let digest = lines.joined(separator: "\n").utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
            #expect(String(digest, radix: 16) == expected, "masks \(100 * block) to \(100 * block + 99)")
        }
    }

    private func hex(_ bits: UInt64) -> String {
        let text = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
