import Testing
import Vision

@Suite struct ColorMapTests {
    @Test func lightRisesWithTheNumber() {
        let lumas = (0...100).map { Int(ColorMap.viridis(Double($0) / 100).luma) }
        #expect(zip(lumas, lumas.dropFirst()).allSatisfy { $0 <= $1 })
        #expect((lumas.first ?? 99) < 40 && (lumas.last ?? 0) > 200)
        // Steps of light are even within a factor of two or so, as a perceptual map's are.
        let steps = stride(from: 0, to: 100, by: 10).map { lumas[$0 + 10] - lumas[$0] }
        #expect(steps.allSatisfy { $0 >= 8 && $0 <= 36 }, "\(steps)")
    }

    @Test func whatLiesOutsideHasTheEnds() {
        #expect(ColorMap.viridis(-3) == ColorMap.viridis(0) && ColorMap.viridis(7) == ColorMap.viridis(1))
        #expect(ColorMap.viridis(.nan) == ColorMap.viridis(0) && ColorMap.viridis(.infinity) == ColorMap.viridis(1))
        #expect(ColorMap.viridis(1) == Color(red: 253, green: 231, blue: 37))
    }

    @Test func imagesArePastedInPlace() {
        var image = Image(width: 4, height: 3)
        image.paste(Image(width: 2, height: 2, color: .white), x: 1, y: 1)
        let lit = (0..<12).filter { image.pixels[3 * $0] == 255 }
        #expect(lit == [5, 6, 9, 10])
    }
}
