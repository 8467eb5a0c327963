import Support
import Testing
import Vision

@Suite struct AugmentationTests {
    private let draws = 4000

    /// Views drawn for a picture of 500 × 375 by the paper's augmentation.
    private func views(_ view: Int, seed: UInt64 = 5) -> [BYOLAugmentation.View] {
        let augmentation = BYOLAugmentation(imageSize: 224)
        var generator = SeededGenerator(seed)
        return (0..<draws).map { _ in augmentation.draw(width: 500, height: 375, view: view, using: &generator) }
    }

    private func part(of views: [BYOLAugmentation.View], _ condition: (BYOLAugmentation.View) -> Bool) -> Double {
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

    // MARK: - Making views

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

    @Test func aViewIsItsStepsOneAfterTheOther() throws {
        let source = try golden("source")
        let augmentation = BYOLAugmentation(imageSize: 24)
        for seed in 0..<20 {
            var generator = SeededGenerator(UInt64(seed))
            let view = augmentation.draw(width: source.width, height: source.height, view: 1, using: &generator)
            var expected = source.cropped(to: view.box).resized(width: 24, height: 24, filter: .bicubic)
            if view.isFlipped { expected = expected.flippedHorizontally() }
            for adjustment in view.adjustments { expected.adjust(adjustment) }
            if view.isGrey { expected.makeGrey() }
            if let sigma = view.blurSigma { expected = expected.gaussianBlurred(kernel: 3, sigma: sigma) }
            if view.isSolarized { expected.solarize() }
            #expect(augmentation.apply(view, to: source) == expected)
        }
    }

    @Test func theBlursKernelGrowsWithTheView() {
        #expect([224, 112, 96, 64, 16].map { BYOLAugmentation(imageSize: $0).blurKernel } == [23, 11, 9, 7, 3])
    }

    @Test func extremePicturesStillCrop() {
        var generator = SeededGenerator(5)
        for (width, height) in [(1, 1), (1000, 2), (2, 1000), (3, 3)] {
            let image = Image(width: width, height: height)
            let view = BYOLAugmentation(imageSize: 16)(image, view: 0, using: &generator)
            #expect((view.width, view.height) == (16, 16))
        }
    }
}
