import Foundation
import Support
import Testing
import Vision

@Suite struct JPEGTests {
    private func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: fixture("rgb.jpg")))) }

    @Test func damagedFilesAreOneLine() throws {
        let whole = try bytes()
        for broken in [[], [0xFF], Array(whole.prefix(200)), Array(whole.prefix(whole.count * 2 / 3)), Array("no picture".utf8)] {
            #expect {
                try JPEG.decode(broken, file: "a.jpg")
            } throws: { "\($0)".hasPrefix("a.jpg: no proper JPEG: ") }
        }
        #expect(throws: UserError.self) { try JPEG.read("/nowhere.jpg") }
    }

    @Test(arguments: ["rgb.jpg", "progressive.jpg", "cmyk.jpg"])
    func filesCutShortAreRefusedWhereverTheyEnd(_ name: String) throws {
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: fixture(name))))
        // The last two bytes are the end marker, without which no pixel is lost.
        for length in stride(from: 0, to: whole.count - 4, by: 7) {
            #expect(throws: UserError.self, "\(length) of \(whole.count)") {
                try JPEG.decode(Array(whole.prefix(length)), file: "a.jpg")
            }
        }
    }

    @Test func strayBytesBetweenSegmentsAreHarmless() throws {
        let whole = try bytes()
        let firstSegment = 2 + 2 + Int(whole[4]) << 8 + Int(whole[5])
        let stray = whole[..<firstSegment] + [0, 0, 0] + whole[firstSegment...]
        #expect(try JPEG.decode(Array(stray)) == JPEG.decode(whole))
    }

    @Test func noiseNeverCrashes() throws {
        let whole = try bytes()
        var generator = SeededGenerator(1)
        for _ in 0..<2000 {
            var noisy = whole
            for _ in 0..<generator.integer(in: 1..<8) {
                noisy[generator.integer(in: 0..<noisy.count)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = try? JPEG.decode(noisy)
        }
    }

    @Test func hugeSizesAreRefusedBeforeMemoryIsTaken() throws {
        var whole = try bytes()
        let frame = try #require(whole.indices.first { whole[$0] == 0xFF && whole[$0 + 1] == 0xC0 })
        for i in 5...8 { whole[frame + i] = 0xFD }
        #expect {
            try JPEG.decode(whole, file: "a.jpg")
        } throws: { "\($0)".contains("pixels") }
    }

    @Test func encodingReadsBack() throws {
        let image = try golden("source").resized(width: 32, height: 32, filter: .bilinear)
        let back = try JPEG.decode(JPEG.encode(image, quality: 95))
        let error = zip(image.pixels, back.pixels).map { abs(Double($0) - Double($1)) }.reduce(0, +)
        #expect(error / Double(image.pixels.count) < 12)
    }

    @Test func scaledDecodingKeepsTheSizeAskedFor() throws {
        let image = Image(width: 640, height: 480, color: Color(red: 10, green: 200, blue: 90))
        let bytes = try JPEG.encode(image)
        let small = try JPEG.decode(bytes, minimumSize: 120)
        #expect((small.width, small.height) == (160, 120))
        #expect(try JPEG.decode(bytes, minimumSize: 481).width == 640)
    }
}
