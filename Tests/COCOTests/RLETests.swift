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
}
