import Testing
import Vision

@Suite struct ImageTests {
    /// Pixel (x, y) is (x, y, x + y), or x + 10 y in a grey image.
    private func ramp(_ width: Int, _ height: Int, channels: Int = 3) -> Image {
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                pixels += channels == 3 ? [UInt8(x), UInt8(y), UInt8(x + y)] : [UInt8(x + 10 * y)]
            }
        }
        return Image(width: width, height: height, channels: channels, pixels: pixels)
    }

    @Test(arguments: [1, 3])
    func croppingTakesTheRectangle(_ channels: Int) {
        let part = ramp(9, 7, channels: channels).cropped(x: 2, y: 3, width: 4, height: 2)
        #expect((part.width, part.height, part.channels) == (4, 2, channels))
        #expect(Array(part.pixels.prefix(channels)) == (channels == 3 ? [2, 3, 5] : [32]))
        #expect(Array(part.pixels.suffix(channels)) == (channels == 3 ? [5, 4, 9] : [45]))
    }

    @Test(arguments: [1, 2, 5, 8])
    func flippingTwiceIsNothing(_ width: Int) {
        let image = ramp(width, 3)
        let flipped = image.flippedHorizontally()
        #expect(flipped.pixels[0] == UInt8(width - 1))
        #expect(flipped.flippedHorizontally() == image)
    }

    @Test func greyIsSpread() {
        #expect(ramp(2, 1, channels: 1).rgb.pixels == [0, 0, 0, 1, 1, 1])
    }

    @Test(arguments: [ResizeFilter.bilinear, .bicubic])
    func greyAndColourAreResampledAlike(_ filter: ResizeFilter) {
        let grey = ramp(13, 11, channels: 1)
        for (width, height) in [(1, 1), (7, 5), (13, 4), (40, 11), (29, 31)] {
            let small = grey.resized(width: width, height: height, filter: filter)
            #expect(small.rgb == grey.rgb.resized(width: width, height: height, filter: filter))
        }
    }

    @Test func flatStaysFlat() {
        let color = Color(red: 3, green: 128, blue: 255)
        for side in [1, 2, 5, 33] {
            let flat = Image(width: side, height: 7, color: color)
            #expect(flat.resized(width: 19, height: 3, filter: .bicubic) == Image(width: 19, height: 3, color: color))
            #expect(flat.gaussianBlurred(kernel: 9, sigma: 1.3) == flat)
        }
    }

    @Test func aBoxHidesWhatIsOutside() {
        let image = ramp(20, 20)
        let box = CropBox(x: 3, y: 5, width: 11, height: 8)
        let direct = image.resized(width: 6, height: 6, filter: .bicubic, box: box)
        #expect(direct == image.cropped(to: box).resized(width: 6, height: 6, filter: .bicubic))
    }
}
