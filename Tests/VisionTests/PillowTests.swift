import Foundation
import TestSupport
import Testing
import Vision

/// An image kept by make_pillow.py.
func golden(_ name: String) throws -> Image {
    let data = try Data(contentsOf: URL(fileURLWithPath: fixture("\(name).bin")))
    let sizes = data.prefix(8).withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
    return Image(width: Int(sizes[0]), height: Int(sizes[1]), pixels: Array(data.dropFirst(8)))
}

/// The largest difference, and the part of the values that differ by more than one level.
func difference(_ a: Image, _ b: Image) -> (largest: Int, beyondOne: Double) {
    let differences = zip(a.pixels, b.pixels).map { abs(Int($0) - Int($1)) }
    return (differences.max() ?? 0, Double(differences.count { $0 > 1 }) / Double(differences.count))
}

@Suite struct PillowTests {
    @Test(arguments: [("bilinear", ResizeFilter.bilinear), ("bicubic", .bicubic)])
    func resamplingIsPillows(_ name: String, _ filter: ResizeFilter) throws {
        let source = try golden("source")
        #expect(source.resized(width: 17, height: 12, filter: filter) == (try golden("\(name)-down")))
        #expect(source.resized(width: 80, height: 60, filter: filter) == (try golden("\(name)-up")))
        #expect(source.resized(width: 43, height: 21, filter: filter) == (try golden("\(name)-lower")))
        #expect(source.resized(width: 43, height: 20, filter: filter) == (try golden("\(name)-lowest")))
        let box = CropBox(x: 5, y: 3, width: 35, height: 27)
        #expect(source.resized(width: 24, height: 24, filter: filter, box: box) == (try golden("\(name)-box")))
    }

    @Test func colourOperationsArePillows() throws {
        func check(_ name: String, _ change: (inout Image) -> Void) throws {
            var image = try golden("source")
            change(&image)
            let expected = try golden(name)
            #expect(image == expected, "\(name) \(difference(image, expected))")
        }
        try check("brightness") { $0.adjust(.brightness(1.3)) }
        try check("contrast") { $0.adjust(.contrast(0.7)) }
        try check("saturation") { $0.adjust(.saturation(1.2)) }
        try check("hue") { $0.adjust(.hue(0.08)) }
        try check("hue-back") { $0.adjust(.hue(-0.1)) }
        try check("grey") { $0.makeGrey() }
        try check("solarize") { $0.solarize() }
    }

    @Test func hueIsPillowsAllOverTheColourCube() throws {
        var pixels: [UInt8] = []
        let levels = stride(from: UInt8(0), through: 255, by: 17)
        for red in levels { for green in levels { for blue in levels { pixels += [red, green, blue] } } }
        var image = Image(width: 64, height: 64, pixels: pixels)
        image.adjust(.hue(0.05))
        #expect(image == (try golden("hue-grid")))
    }

    @Test func blurIsTorchvisions() throws {
        let blurred = try golden("source").gaussianBlurred(kernel: 13, sigma: 1.7)
        let (largest, beyond) = difference(blurred, try golden("blur"))
        #expect(largest <= 1 && beyond == 0)
    }

    @Test(arguments: ["rgb.jpg", "grey.jpg", "cmyk.jpg", "ycck.jpg", "progressive.jpg"] + (1...8).map { "orientation-\($0).jpg" })
    func jpegsOfEveryKindAreRead(_ name: String) throws {
        let image = try ImageFile.read(fixture(name))
        let expected = try golden(name)
        #expect((image.width, image.height) == (expected.width, expected.height))
        // Pillow carries a libjpeg of its own, whose inverse transform may round otherwise.
        let (largest, beyond) = difference(image, expected)
        #expect(beyond < 0.001, "\(name): \(largest)")
        let header = try ImageFile.header(of: fixture(name))
        #expect((header.width, header.height) == (image.width, image.height))
    }
}
