import Support

/// How one view of an image is made: cropped, flipped, recoloured, blurred, solarised, each with its probability. A method of
/// pretraining asks for as many as it compares.
public struct ViewAugmentation: Sendable {
    public var crop: RandomResizedCrop
    public var flipProbability = 0.5
    public var jitter = ColorJitter()
    public var jitterProbability = 0.8
    public var greyProbability = 0.2
    public var blurProbability: Double
    /// Taps of the blur: 23 at 224 pixels, in proportion at other sizes.
    public var blurKernel: Int
    public var blurSigma = 0.1...2.0
    public var solarizeProbability: Double

    /// What was drawn for a view; which pixels of the image a region of the view shows follows from the first two.
    public struct View: Equatable, Sendable {
        public let box: CropBox
        public let isFlipped: Bool
        public let adjustments: [ColorAdjustment]
        public let isGrey: Bool
        public let blurSigma: Double?
        public let isSolarized: Bool

        public init(
            box: CropBox, isFlipped: Bool = false, adjustments: [ColorAdjustment] = [], isGrey: Bool = false,
            blurSigma: Double? = nil, isSolarized: Bool = false
        ) {
            self.box = box
            self.isFlipped = isFlipped
            self.adjustments = adjustments
            self.isGrey = isGrey
            self.blurSigma = blurSigma
            self.isSolarized = isSolarized
        }
    }

    /// Crop, flip and colours with BYOL's probabilities and strengths (arXiv 2006.07733, appendix B).
    ///
    /// - Parameter imageSize: the side of a view, in pixels.
    public init(imageSize: Int, blurProbability: Double = 0, solarizeProbability: Double = 0) {
        crop = RandomResizedCrop(size: imageSize)
        blurKernel = max(imageSize * 23 / 224 | 1, 3)
        self.blurProbability = blurProbability
        self.solarizeProbability = solarizeProbability
    }

    /// BYOL's two views, which differ in how often they are blurred and solarised. Source: arXiv 2006.07733, appendix B, table 6.
    ///
    /// - Parameters:
    ///   - imageSize: the side of a view, in pixels.
    ///   - minCropScale: the fraction of an image's area that a view shows at least.
    public static func byol(imageSize: Int, minCropScale: Double = 0.08) -> [ViewAugmentation] {
        [(blur: 1.0, solarize: 0.0), (blur: 0.1, solarize: 0.2)].map { view in
            var augmentation = ViewAugmentation(
                imageSize: imageSize, blurProbability: view.blur, solarizeProbability: view.solarize)
            augmentation.crop.scale = minCropScale...1
            return augmentation
        }
    }

    /// Draws all that is random in a view of an image of this size.
    public func draw(width: Int, height: Int, using generator: inout SeededGenerator) -> View {
        View(
            box: crop.draw(width: width, height: height, using: &generator),
            isFlipped: generator.chance(flipProbability),
            adjustments: generator.chance(jitterProbability) ? jitter.draw(using: &generator) : [],
            isGrey: generator.chance(greyProbability),
            blurSigma: generator.chance(blurProbability)
                ? generator.uniform(blurSigma.lowerBound, blurSigma.upperBound) : nil,
            isSolarized: generator.chance(solarizeProbability))
    }

    /// Makes the view that was drawn.
    public func apply(_ view: View, to image: Image) -> Image {
        var result = crop.apply(view.box, to: image.rgb)
        if view.isFlipped { result = result.flippedHorizontally() }
        result.adjust(view.adjustments, toGrey: view.isGrey)
        if let sigma = view.blurSigma { result = result.gaussianBlurred(kernel: blurKernel, sigma: sigma) }
        if view.isSolarized { result.solarize() }
        return result
    }

    /// Makes the view that was drawn from the part of the image that it shows: resampled and recoloured in floats and
    /// rounded once, which gives about the pixels that `apply` to the whole image gives, in less time.
    public func apply(_ view: View, to part: ImagePart) -> Image {
        var resize = FusedResize(part, view.box, size: crop.size, isMirrored: view.isFlipped)
        var result = resize.image(size: crop.size, view.adjustments, toGrey: view.isGrey)
        if let sigma = view.blurSigma { result = result.gaussianBlurred(kernel: blurKernel, sigma: sigma) }
        if view.isSolarized { result.solarize() }
        return result
    }

    /// How a file's pixels become a view's. What is drawn does not depend on it.
    public enum Decoding: Sendable {
        /// Decoded whole, with Pillow's arithmetic at each step.
        case exact
        /// Decoded where a view shows it, at half, quarter or eighth of its size where that is enough; then without
        /// rounding between the steps.
        case fast
    }

    /// Draws a view and makes it.
    public func callAsFunction(_ image: Image, using generator: inout SeededGenerator) -> Image {
        apply(draw(width: image.width, height: image.height, using: &generator), to: image)
    }

    /// A view that was drawn, and how it is made.
    public typealias Drawn = (augmentation: ViewAugmentation, view: View)

    /// Makes views of one image file that were drawn for its size, from one decoding.
    ///
    /// - Throws: `UserError` with the decoder's reason.
    public static func images(_ drawn: [Drawn], of file: ImageFile, decoding: Decoding) throws -> [Image] {
        switch decoding {
        case .exact:
            let image = try file.decoded()
            return drawn.map { $0.augmentation.apply($0.view, to: image) }
        case .fast:
            // At half the size, each crop must have as many pixels left as its view.
            let eighths =
                [1, 2, 4].first { eighths in
                    drawn.allSatisfy { min($0.view.box.width, $0.view.box.height) * eighths / 8 >= $0.augmentation.crop.size }
                } ?? 8
            let part = try file.decoded(CropBox(around: drawn.map(\.view.box)), eighths: eighths)
            return drawn.map { $0.augmentation.apply($0.view, to: part) }
        }
    }
}
