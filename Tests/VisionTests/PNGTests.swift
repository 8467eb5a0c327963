import Foundation
import Support
import TestSupport
import Testing
import Vision

@Suite struct PNGTests {
    struct Golden: Sendable, CustomTestStringConvertible {
        let name: String
        let png: [UInt8]
        let image: Image

        var testDescription: String { name }
    }

    static let goldens: [Golden] = ((try? JSON.read(fixture("png.json")).array) ?? []).map { entry in
        func bytes(_ key: String) -> [UInt8] { Data(base64Encoded: entry[key]?.string ?? "").map(Array.init) ?? [] }
        let image = Image(width: entry["width"]?.int ?? 0, height: entry["height"]?.int ?? 0, pixels: bytes("rgb"))
        return Golden(name: entry["name"]?.string ?? "", png: bytes("png"), image: image)
    }

    @Test func theFixtureIsThere() { #expect(Self.goldens.count == 42) }

    @Test(arguments: goldens)
    func pixelsAreThoseOfPillow(_ golden: Golden) throws {
        let file = try ImageFile(golden.png)
        #expect((file.width, file.height) == (golden.image.width, golden.image.height))
        #expect(try file.decoded() == golden.image)
        #expect(file.isTurned == (5...8).contains { golden.name == "orientation \($0)" })
        // PNG is decoded whole, whatever is asked for.
        #expect(try file.decoded(CropBox(x: 2, y: 3, width: 4, height: 5), eighths: 2).image == golden.image)
    }

    @Test func damagedFilesAreOneLine() throws {
        let whole = try #require(Self.goldens.first { $0.name == "type 2, 8 bits" }).png
        // Without the last chunk, and the checksum before it, no pixel is lost.
        for length in 8..<whole.count - 16 {
            #expect { try ImageFile(Array(whole.prefix(length)), file: "a.png").decoded() } throws: {
                "\($0)".hasPrefix("a.png: no proper PNG: ")
            }
        }
    }

    @Test func noiseNeverCrashes() throws {
        var generator = SeededGenerator(2)
        for golden in Self.goldens {
            for _ in 0..<100 {
                var noisy = golden.png
                for _ in 0..<generator.integer(in: 1..<6) {
                    noisy[generator.integer(in: 8..<noisy.count)] = UInt8.random(in: 0...255, using: &generator)
                }
                _ = try? ImageFile(noisy).decoded()
            }
        }
    }

    @Test func hugeSizesAreRefusedBeforeMemoryIsTaken() throws {
        // A header alone of 2^20 by 2^20 pixels.
        let header: [UInt8] = [
            0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0x10, 0, 0, 0, 0x10, 0, 0, 8, 2, 0, 0,
            0,
            0xC4, 0x4A, 0x37, 0x92,
        ]
        #expect { try ImageFile(header, file: "a.png") } throws: { "\($0)".contains("pixels") }
    }
}
