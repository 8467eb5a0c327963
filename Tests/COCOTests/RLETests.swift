import COCO
import Support
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
            // The mask API leaves pairs of boxes that do not meet at 0.
            let apart = a.boundingBox.iou(with: b.boundingBox) <= 0
            #expect((apart ? 0 : a.iou(with: b)) == golden["iou"]?.double)
            #expect((apart ? 0 : a.iou(with: b, isCrowd: true)) == golden["crowd"]?.double)
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
            let text = String(decoding: (0..<generator.integer(in: 0..<12)).map { _ in UInt8.random(in: 40...120, using: &generator) }, as: UTF8.self)
            if let rle = try? RLE(compressed: text, height: 7, width: 5) { #expect(rle.decode().count == 35) }
        }
    }

    /// What Fixtures/make_mask_digests.py draws.
    private struct Draw {
        var state: UInt64 = 1

        mutating func callAsFunction(_ n: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % n
        }

        mutating func polygon(_ h: Int, _ w: Int) -> [Double] {
            (0..<2 * (3 + self(6))).map { Double(self(100 * (($0 % 2 == 0 ? w : h) + 8))) / 100 - 4 }
        }

        mutating func bitmap(_ h: Int, _ w: Int) -> [UInt8] {
            let toggle = 1 + self(12)
            var value = UInt8(self(2))
            return (0..<h * w).map { _ in
                if self(toggle) == 0 { value = 1 - value }
                return value
            }
        }
    }

    @Test func tenThousandMasksAreThoseOfTheMaskAPI() throws {
        let golden = try #require(try JSON.read(fixture("mask-digests.json")).array?.compactMap(\.string))
        var draw = Draw()
        for (block, expected) in golden.enumerated() {
            let lines = try (0..<100).map { _ in
                let (h, w) = (1 + draw(50), 1 + draw(50))
                let a = RLE(polygons: (0..<1 + draw(2)).map { _ in draw.polygon(h, w) }, height: h, width: w)
                let bits = draw.bitmap(h, w)
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
