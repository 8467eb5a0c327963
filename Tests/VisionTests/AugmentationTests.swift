import Foundation
import Support
import TestSupport
import Testing
import Vision

@Suite struct AugmentationTests {
    private let draws = 4000

    /// Views drawn for an image of 500 × 375 by the paper's augmentation.
    private func views(_ view: Int, seed: UInt64 = 5) -> [ViewAugmentation.View] {
        let augmentation = ViewAugmentation.byol(imageSize: 224)[view]
        var generator = SeededGenerator(seed)
        return (0..<draws).map { _ in augmentation.draw(width: 500, height: 375, using: &generator) }
    }

    private func part(of views: [ViewAugmentation.View], _ condition: (ViewAugmentation.View) -> Bool) -> Double {
        Double(views.count(where: condition)) / Double(views.count)
    }

    // MARK: - Distributions, against the definitions

    @Test(arguments: [(0, 1.0, 0.0), (1, 0.1, 0.2)])
    func probabilitiesAreThePapers(_ view: Int, _ blur: Double, _ solarize: Double) {
        let views = views(view)
        #expect(abs(part(of: views) { $0.isFlipped } - 0.5) < 0.03)
        #expect(abs(part(of: views) { !$0.adjustments.isEmpty } - 0.8) < 0.03)
        #expect(abs(part(of: views) { $0.isGrey } - 0.2) < 0.03)
        #expect(abs(part(of: views) { $0.blurSigma != nil } - blur) < 0.02)
        #expect(abs(part(of: views) { $0.isSolarized } - solarize) < 0.03)
    }

    @Test func strengthsFillTheirRanges() {
        var (factors, turns): ([String: [Double]], [Double]) = ([:], [])
        for adjustment in views(0).flatMap(\.adjustments) {
            switch adjustment {
            case .brightness(let factor): factors["brightness", default: []].append(factor)
            case .contrast(let factor): factors["contrast", default: []].append(factor)
            case .saturation(let factor): factors["saturation", default: []].append(factor)
            case .hue(let turn): turns.append(turn)
            }
        }
        for (name, strength) in [("brightness", 0.4), ("contrast", 0.4), ("saturation", 0.2)] {
            expectUniform(factors[name] ?? [], 1 - strength, 1 + strength)
        }
        expectUniform(turns, -0.1, 0.1)
        expectUniform(views(0).compactMap(\.blurSigma), 0.1, 2)
    }

    private func expectUniform(_ values: [Double], _ low: Double, _ high: Double) {
        let width = high - low
        #expect(values.allSatisfy { $0 >= low && $0 <= high })
        for quarter in 1...3 {
            let bound = low + Double(quarter) / 4 * width
            let below = Double(values.count { $0 < bound }) / Double(values.count)
            #expect(abs(below - Double(quarter) / 4) < 0.03)
        }
    }

    @Test func adjustmentsComeInEveryOrder() {
        let orders = Set(
            views(0).filter { !$0.adjustments.isEmpty }.map { view in
                view.adjustments.map { String("\($0)".prefix(3)) }.joined(separator: " ")
            })
        #expect(orders.count == 24)
    }

    @Test func cropsCoverTheirRange() {
        var parts: [Double] = []
        for box in views(0).map(\.box) {
            #expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= 500 && box.y + box.height <= 375)
            let ratio = Double(box.width) / Double(box.height)
            #expect(ratio > 0.74 && ratio < 1.35)
            parts.append(Double(box.width * box.height) / (500 * 375))
        }
        #expect((parts.min() ?? 1) < 0.09 && (parts.max() ?? 0) > 0.9)
        // Uniform areas would have mean 0.54; the largest fit in fewer ratios and are drawn again. torchvision: 0.435.
        #expect(abs(parts.reduce(0, +) / Double(draws) - 0.435) < 0.015)
    }

    /// Small crops always fit, and none is drawn again: area and place are uniform, the ratio on a logarithmic scale.
    @Test func smallCropsAreTheirDefinitions() {
        var crop = RandomResizedCrop(size: 224)
        crop.scale = 0.1...0.3
        var generator = SeededGenerator(11)
        let boxes = (0..<draws).map { _ in crop.draw(width: 800, height: 600, using: &generator) }
        func isUniform(_ values: [Double], _ low: Double, _ high: Double) -> Bool {
            // Sides are whole pixels, and so the ends are met a little outside.
            values.allSatisfy { $0 > low - 0.02 * (high - low) && $0 < high + 0.02 * (high - low) }
                && (1...3).allSatisfy { quarter in
                    let bound = low + Double(quarter) / 4 * (high - low)
                    return abs(Double(values.count { $0 < bound }) / Double(values.count) - Double(quarter) / 4) < 0.03
                }
        }
        #expect(isUniform(boxes.map { Double($0.width * $0.height) / 480_000 }, 0.1, 0.3))
        #expect(isUniform(boxes.map { log(Double($0.width) / Double($0.height)) }, log(3 / 4), log(4 / 3)))
        #expect(isUniform(boxes.map { Double($0.x) / Double(800 - $0.width) }, 0, 1))
        #expect(isUniform(boxes.map { Double($0.y) / Double(600 - $0.height) }, 0, 1))
    }

    /// A crop has as many places along a side as the image is longer than it, and one more.
    @Test func cropsReachTheLastRowAndColumn() {
        var crop = RandomResizedCrop(size: 8, scale: 0.4...0.6, ratio: 1...1)
        var generator = SeededGenerator(3)
        let boxes = (0..<200).map { _ in crop.draw(width: 4, height: 4, using: &generator) }
        #expect(boxes.allSatisfy { ($0.width, $0.height) == (3, 3) })
        #expect(Set(boxes.map { [$0.x, $0.y] }) == [[0, 0], [0, 1], [1, 0], [1, 1]])
        // Ten draws do not fit: the largest centred one.
        crop.ratio = 4...4
        #expect(crop.draw(width: 9, height: 6, using: &generator) == CropBox(x: 0, y: 2, width: 9, height: 2))
        crop.ratio = 0.25...0.25
        #expect(crop.draw(width: 6, height: 9, using: &generator) == CropBox(x: 2, y: 0, width: 2, height: 9))
    }

    // MARK: - Making views

    @Test func viewsDependOnTheSeedAlone() throws {
        let source = try golden("source")
        let augmentations = ViewAugmentation.byol(imageSize: 32)
        func view(_ seed: UInt64, _ view: Int) -> Image {
            var generator = SeededGenerator(seed)
            return augmentations[view](source, using: &generator)
        }
        #expect(view(1, 0) == view(1, 0))
        #expect(view(1, 0) != view(2, 0))
        #expect((view(3, 1).width, view(3, 1).height) == (32, 32))
    }

    @Test func aViewIsItsStepsOneAfterTheOther() throws {
        let source = try golden("source")
        let augmentation = ViewAugmentation.byol(imageSize: 24)[1]
        for seed in 0..<20 {
            var generator = SeededGenerator(UInt64(seed))
            let view = augmentation.draw(width: source.width, height: source.height, using: &generator)
            var expected = source.cropped(to: view.box).resized(width: 24, height: 24, filter: .bicubic)
            if view.isFlipped { expected = expected.flippedHorizontally() }
            for adjustment in view.adjustments { expected.adjust(adjustment) }
            if view.isGrey { expected.makeGrey() }
            if let sigma = view.blurSigma { expected = expected.gaussianBlurred(kernel: 3, sigma: sigma) }
            if view.isSolarized { expected.solarize() }
            #expect(augmentation.apply(view, to: source) == expected)
        }
    }

    /// How far two images are apart: the mean and the largest difference, in grey levels.
    private func distance(_ a: Image, _ b: Image) -> (mean: Double, largest: Int) {
        let differences = zip(a.pixels, b.pixels).map { abs(Int($0) - Int($1)) }
        return (Double(differences.reduce(0, +)) / Double(differences.count), differences.max() ?? 0)
    }

    @Test(arguments: [24, 30, 37, 64])
    func fastViewsAreExactOnesButForRounding(_ size: Int) throws {
        let source = try golden("source").resized(width: 60, height: 45, filter: .bicubic)
        let file = try ImageFile(JPEG.encode(source, quality: 95))
        let augmentations = ViewAugmentation.byol(imageSize: size)
        for seed in 0..<60 {
            var generator = SeededGenerator(UInt64(seed))
            let drawn = augmentations.map { ($0, $0.draw(width: 60, height: 45, using: &generator)) }
            let exact = try ViewAugmentation.images(drawn, of: file, decoding: .exact)
            let fast = try ViewAugmentation.images(drawn, of: file, decoding: .fast)
            for (view, (exact, fast)) in zip(drawn.map(\.1), zip(exact, fast)) {
                // Pillow cuts what a change of colour leaves behind the point, and keeps hue and saturation in bytes.
                let (mean, largest) = distance(exact, fast)
                let turnsHue = view.adjustments.contains { if case .hue = $0 { true } else { false } }
                #expect(mean < (turnsHue ? 4 : 1.2), "\(seed): \(view)")
                #expect(view.isSolarized || largest <= (turnsHue ? 48 : 3), "\(seed): \(view)")
            }
        }
    }

    @Test func fastResamplingIsPillowsWithinALevel() throws {
        let file = try ImageFile(reading: fixture("rgb.jpg"))
        let augmentation = ViewAugmentation(imageSize: 21)
        let box = CropBox(x: 3, y: 2, width: file.width - 5, height: file.height - 4)
        for isFlipped in [false, true] {
            let view = ViewAugmentation.View(box: box, isFlipped: isFlipped)
            let exact = try ViewAugmentation.images([(augmentation, view)], of: file, decoding: .exact)[0]
            let fast = try ViewAugmentation.images([(augmentation, view)], of: file, decoding: .fast)[0]
            #expect(distance(exact, fast).largest <= 1)
        }
    }

    @Test func viewsOfManyPixelsAreDecodedSmall() throws {
        // Colours that change slowly: what shrinking does to them, any way of shrinking does.
        var pixels: [UInt8] = []
        for y in 0..<512 { for x in 0..<640 { pixels += [UInt8(x * 255 / 639), UInt8(y * 255 / 511), 40] } }
        let file = try ImageFile(JPEG.encode(Image(width: 640, height: 512, pixels: pixels), quality: 98))
        let augmentation = ViewAugmentation(imageSize: 32)
        for box in [CropBox(x: 0, y: 0, width: 640, height: 512), CropBox(x: 101, y: 77, width: 333, height: 290)] {
            let view = ViewAugmentation.View(box: box)
            let exact = try ViewAugmentation.images([(augmentation, view)], of: file, decoding: .exact)[0]
            let fast = try ViewAugmentation.images([(augmentation, view)], of: file, decoding: .fast)[0]
            #expect(distance(exact, fast).largest <= 2)
        }
    }

    @Test func viewsOfSeveralSizesComeFromOneFile() throws {
        // As multi-crop has them: what is decoded is large enough for each.
        let source = try golden("source").resized(width: 200, height: 160, filter: .bicubic)
        let file = try ImageFile(JPEG.encode(source, quality: 95))
        let box = CropBox(x: 10, y: 20, width: 150, height: 130)
        let drawn = [64, 16].map { (ViewAugmentation(imageSize: $0), ViewAugmentation.View(box: box)) }
        for decoding in [ViewAugmentation.Decoding.exact, .fast] {
            let images = try ViewAugmentation.images(drawn, of: file, decoding: decoding)
            #expect(images.map(\.width) == [64, 16] && images.map(\.height) == [64, 16])
            let alone = try drawn.map { try ViewAugmentation.images([$0], of: file, decoding: decoding)[0] }
            #expect(images[0] == alone[0])
        }
    }

    @Test func theBlursKernelGrowsWithTheView() {
        #expect([224, 112, 96, 64, 16].map { ViewAugmentation(imageSize: $0).blurKernel } == [23, 11, 9, 7, 3])
    }

    @Test func extremeImagesStillCrop() {
        var generator = SeededGenerator(5)
        for (width, height) in [(1, 1), (1000, 2), (2, 1000), (3, 3)] {
            let image = Image(width: width, height: height)
            let view = ViewAugmentation(imageSize: 16, blurProbability: 1)(image, using: &generator)
            #expect((view.width, view.height) == (16, 16))
        }
    }
}
