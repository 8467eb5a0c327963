import Testing
import Vision

@Suite struct CanvasTests {
    private let red = Color(red: 255, green: 0, blue: 0)

    private func color(_ image: Image, _ x: Int, _ y: Int) -> Color {
        let i = 3 * (y * image.width + x)
        return Color(red: image.pixels[i], green: image.pixels[i + 1], blue: image.pixels[i + 2])
    }

    /// The image as text: "#" where it is not black.
    private func drawing(_ image: Image) -> [String] {
        (0..<image.height).map { y in
            String((0..<image.width).map { x in color(image, x, y) == .black ? "." : "#" })
        }
    }

    @Test func polygonsCoverThePixelsWhoseCentresTheyHold() {
        var canvas = Canvas(Image(width: 6, height: 5))
        canvas.fill(polygon: [1, 1, 5, 1, 5, 4, 3, 4, 3, 2, 1, 2], color: red, opacity: 1)
        #expect(drawing(canvas.image) == ["......", ".####.", "...##.", "...##.", "......"])
    }

    @Test func adjoiningPolygonsShareNoPixel() {
        var canvas = Canvas(Image(width: 8, height: 8))
        let tint = Color(red: 100, green: 0, blue: 0)
        canvas.fill(polygon: [0, 0, 8, 0, 0, 8], color: tint, opacity: 0.5)
        canvas.fill(polygon: [8, 0, 8, 8, 0, 8], color: tint, opacity: 0.5)
        #expect(canvas.image == Image(width: 8, height: 8, color: Color(red: 50, green: 0, blue: 0)))
    }

    @Test func masksAreTintedByTheirOpacity() {
        var canvas = Canvas(Image(width: 2, height: 1, color: Color(red: 0, green: 200, blue: 0)))
        canvas.fill(mask: [1, 0], color: red, opacity: 0.25)
        #expect(color(canvas.image, 0, 0) == Color(red: 64, green: 150, blue: 0))
        #expect(color(canvas.image, 1, 0) == Color(red: 0, green: 200, blue: 0))
    }

    @Test func rectanglesGrowInwards() {
        var canvas = Canvas(Image(width: 8, height: 7))
        canvas.rectangle(x: 1, y: 1, width: 6, height: 5, color: red, thickness: 2)
        let expected = ["........", ".######.", ".######.", ".##..##.", ".######.", ".######.", "........"]
        #expect(drawing(canvas.image) == expected)
    }

    @Test func linesReachBothEnds() {
        var canvas = Canvas(Image(width: 7, height: 3))
        canvas.line(from: (0.5, 1.5), to: (6.5, 1.5), color: red)
        #expect(drawing(canvas.image) == [".......", "#######", "......."])
    }

    @Test func labelsAreLegibleAndStayInside() {
        var canvas = Canvas(Image(width: 30, height: 12, color: red))
        canvas.label("I", x: 100, y: -50, color: .white)
        let size = Canvas.labelSize("I")
        #expect((size.width, size.height) == (7, 9))
        let plate = canvas.image.cropped(x: 23, y: 0, width: 7, height: 9)
        let text = (0..<9).map { y in String((0..<7).map { x in color(plate, x, y) == .black ? "#" : "." }) }
        let letter = ["..###..", "...#...", "...#...", "...#...", "...#...", "...#...", "..###.."]
        #expect(text == ["......."] + letter + ["......."])
        #expect(color(canvas.image, 22, 0) == red)
    }

    @Test func everyCharacterHasAGlyphOfItsOwn() {
        let characters = (33...126).map { String(UnicodeScalar(UInt8($0))) }
        let glyphs = characters.map { character in
            var canvas = Canvas(Image(width: 7, height: 9))
            canvas.label(character, x: 0, y: 9, color: .white)
            return canvas.image.pixels
        }
        #expect(Set(glyphs).count == characters.count)
    }

    @Test func coordinatesMayBeAnything() {
        let wild = [-Double.infinity, -1e300, -3, 0, 2.5, 1e300, .infinity, .nan]
        var canvas = Canvas(Image(width: 4, height: 4))
        for a in wild {
            for b in wild {
                canvas.rectangle(x: a, y: b, width: b, height: a, color: red, thickness: 2)
                canvas.line(from: (a, b), to: (b, a), color: red)
                canvas.label("é ok", x: a, y: b, color: red, scale: 2)
                canvas.fill(polygon: [a, b, b, a, 1, 2], color: red, opacity: a)
            }
        }
        canvas.fill(polygon: [], color: red, opacity: 1)
        canvas.fill(polygon: [1, 1, 2], color: red, opacity: 1)
        #expect(canvas.image.width == 4)
    }

    @Test func paletteNeighboursDiffer() {
        let colors = (0..<80).map { Palette()[$0] }
        #expect(Set(colors).count == 80)
        for (a, b) in zip(colors, colors.dropFirst()) {
            let distance = abs(Int(a.red) - Int(b.red)) + abs(Int(a.green) - Int(b.green)) + abs(Int(a.blue) - Int(b.blue))
            #expect(distance > 120)
        }
    }
}
