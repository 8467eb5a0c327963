import Foundation
import Support
import TestSupport
import Testing
import Vision

@Suite struct JPEGTests {
    private func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: fixture("rgb.jpg")))) }

    @Test func damagedFilesAreOneLine() throws {
        let whole = try bytes()
        for broken in [[0xFF], Array(whole.prefix(200)), Array(whole.prefix(whole.count * 2 / 3)), Array("no image".utf8)] {
            #expect {
                try ImageFile(broken, file: "a.jpg").decoded()
            } throws: { "\($0)".hasPrefix("a.jpg: no proper JPEG: ") }
        }
        #expect(throws: UserError.self) { try ImageFile.read("/nowhere.jpg") }
    }

    @Test(arguments: ["rgb.jpg", "progressive.jpg", "cmyk.jpg"])
    func filesCutShortAreRefusedWhereverTheyEnd(_ name: String) throws {
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: fixture(name))))
        // The last two bytes are the end marker, without which no pixel is lost.
        for length in stride(from: 0, to: whole.count - 4, by: 7) {
            #expect(throws: UserError.self, "\(length) of \(whole.count)") {
                try ImageFile(Array(whole.prefix(length)), file: "a.jpg").decoded()
            }
        }
    }

    @Test func strayBytesBetweenSegmentsAreHarmless() throws {
        let whole = try bytes()
        let firstSegment = 2 + 2 + Int(whole[4]) << 8 + Int(whole[5])
        let stray = whole[..<firstSegment] + [0, 0, 0] + whole[firstSegment...]
        #expect(try ImageFile(Array(stray)).decoded() == ImageFile(whole).decoded())
    }

    @Test func noiseNeverCrashes() throws {
        let whole = try bytes()
        var generator = SeededGenerator(1)
        for _ in 0..<2000 {
            var noisy = whole
            for _ in 0..<generator.integer(in: 1..<8) {
                noisy[generator.integer(in: 0..<noisy.count)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = try? ImageFile(noisy).decoded()
            guard let file = try? ImageFile(noisy), file.width > 9, file.height > 9 else { continue }
            for eighths in [2, 8] { _ = try? file.decoded(CropBox(x: 5, y: 4, width: 3, height: 4), eighths: eighths) }
        }
    }

    @Test func hugeSizesAreRefusedBeforeMemoryIsTaken() throws {
        var whole = try bytes()
        let frame = try #require(whole.indices.first { whole[$0] == 0xFF && whole[$0 + 1] == 0xC0 })
        for i in 5...8 { whole[frame + i] = 0xFD }
        #expect {
            try ImageFile(whole, file: "a.jpg").decoded()
        } throws: { "\($0)".contains("pixels") }
    }

    @Test func encodingReadsBack() throws {
        let image = try golden("source").resized(width: 32, height: 32, filter: .bilinear)
        let back = try ImageFile(JPEG.encode(image, quality: 95)).decoded()
        let error = zip(image.pixels, back.pixels).map { abs(Double($0) - Double($1)) }.reduce(0, +)
        #expect(error / Double(image.pixels.count) < 12)
    }

    @Test(arguments: ["rgb.jpg", "grey.jpg", "cmyk.jpg", "progressive.jpg", "orientation-6.jpg"])
    func aPartIsThatOfTheWhole(_ name: String) throws {
        let file = try ImageFile(reading: fixture(name))
        let whole = try file.decoded()
        var generator = SeededGenerator(4)
        for _ in 0..<200 {
            let (x, y) = (generator.integer(in: 0..<file.width), generator.integer(in: 0..<file.height))
            let width = generator.integer(in: 1..<file.width - x + 1), height = generator.integer(in: 1..<file.height - y + 1)
            let box = CropBox(x: x, y: y, width: width, height: height)
            let part = try file.decoded(box, eighths: 8)
            #expect(part.image.cropped(x: x - part.x, y: y - part.y, width: width, height: height) == whole.cropped(to: box))
        }
    }

    @Test(arguments: [1, 2, 4])
    func smallPartsShowTheSame(_ eighths: Int) throws {
        // Red to the right and green down, smoothly: what a pixel shows says where it is.
        var pixels: [UInt8] = []
        for y in 0..<250 { for x in 0..<235 { pixels += [UInt8(x), UInt8(y), 90] } }
        let file = try ImageFile(JPEG.encode(Image(width: 235, height: 250, pixels: pixels), quality: 98))
        for box in [CropBox(x: 0, y: 0, width: 235, height: 250), CropBox(x: 50, y: 61, width: 103, height: 90)] {
            let part = try file.decoded(box, eighths: eighths)
            #expect(part.eighths == eighths)
            let size = 8 / eighths
            #expect(part.x == box.x / size && part.y == box.y / size)
            for (x, y) in [(0, 0), (part.image.width / 2, part.image.height / 2)] {
                let i = 3 * (y * part.image.width + x)
                let center = (Double(part.x + x) + 0.5) * Double(size) - 0.5
                #expect(abs(Double(part.image.pixels[i]) - center) < 3)
                #expect(abs(Double(part.image.pixels[i + 1]) - (Double(part.y + y) + 0.5) * Double(size) + 0.5) < 3)
            }
        }
    }

    @Test func damageBelowAPartIsNotItsConcern() throws {
        let whole = try bytes()
        let cut = try ImageFile(Array(whole.prefix(whole.count * 2 / 3)), file: "a.jpg")
        let part = try cut.decoded(CropBox(x: 0, y: 0, width: cut.width, height: 1), eighths: 8)
        #expect(
            try part.image.cropped(x: 0, y: 0, width: cut.width, height: 1).pixels
                == ImageFile(whole).decoded().pixels.prefix(3 * cut.width).map { $0 })
        #expect(throws: UserError.self) {
            try cut.decoded(CropBox(x: 0, y: cut.height - 1, width: 1, height: 1), eighths: 8)
        }
    }
}
