import Support
import Testing
import Vision

@Suite struct AugmentationTests {
    @Test func viewsDependOnTheSeedAlone() throws {
        let source = try golden("source")
        let augmentation = BYOLAugmentation(imageSize: 32)
        func view(_ seed: UInt64, _ view: Int) -> Image {
            var generator = SeededGenerator(seed)
            return augmentation(source, view: view, using: &generator)
        }
        #expect(view(1, 0) == view(1, 0))
        #expect(view(1, 0) != view(2, 0))
        #expect((view(3, 1).width, view(3, 1).height) == (32, 32))
    }

    @Test func cropsCoverTheirRange() {
        let crop = RandomResizedCrop(size: 32)
        var generator = SeededGenerator(5)
        var parts: [Double] = []
        for _ in 0..<4000 {
            let box = crop.draw(width: 500, height: 375, using: &generator)
            #expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= 500 && box.y + box.height <= 375)
            let ratio = Double(box.width) / Double(box.height)
            #expect(ratio > 0.74 && ratio < 1.35)
            parts.append(Double(box.width * box.height) / (500 * 375))
        }
        #expect(parts.min()! < 0.09 && parts.max()! > 0.9)
        // Uniform areas would have mean 0.54; the largest fit in fewer ratios and are drawn again. torchvision: 0.435.
        let mean = parts.reduce(0, +) / 4000
        #expect(abs(mean - 0.435) < 0.015)
    }

    @Test func extremePicturesStillCrop() {
        var generator = SeededGenerator(5)
        let crop = RandomResizedCrop(size: 16)
        for (width, height) in [(1, 1), (1000, 2), (2, 1000), (3, 3)] {
            let image = Image(width: width, height: height)
            let box = crop.draw(width: width, height: height, using: &generator)
            #expect(crop.apply(box, to: image).width == 16)
            #expect(BYOLAugmentation(imageSize: 16)(image, view: 0, using: &generator).height == 16)
        }
    }

    @Test func solarisedViewsAreAsManyAsDefined() {
        // A white picture becomes dark only when solarised; all else off.
        var augmentation = BYOLAugmentation(imageSize: 4)
        augmentation.jitterProbability = 0
        let white = Image(width: 4, height: 4, color: .white)
        var generator = SeededGenerator(9)
        for (view, expected) in [(0, 0.0), (1, 0.2)] {
            let dark = (0..<4000).count { _ in augmentation(white, view: view, using: &generator).pixels[0] == 0 }
            #expect(abs(Double(dark) / 4000 - expected) < 0.02)
        }
    }

    @Test func greyViewsAreAsManyAsDefined() {
        var augmentation = BYOLAugmentation(imageSize: 4)
        augmentation.jitterProbability = 0
        augmentation.solarizeProbability = [0, 0]
        let red = Image(width: 4, height: 4, color: Color(red: 200, green: 10, blue: 10))
        var generator = SeededGenerator(10)
        let grey = (0..<4000).count { _ in
            let view = augmentation(red, view: 0, using: &generator)
            return view.pixels[0] == view.pixels[1]
        }
        #expect(abs(Double(grey) / 4000 - 0.2) < 0.02)
    }
}
