import Support

/// BYOL's two views of an image. Source: arXiv 2006.07733, appendix B: the views differ in how often they are blurred
/// and solarised.
public struct BYOLAugmentation: Sendable {
    public var crop: RandomResizedCrop
    public var flipProbability = 0.5
    public var jitter = ColorJitter()
    public var jitterProbability = 0.8
    public var greyProbability = 0.2
    /// By view.
    public var blurProbability = [1.0, 0.1]
    /// Taps of the blur: 23 at 224 pixels, in proportion at other sizes.
    public var blurKernel: Int
    public var blurSigma = 0.1...2.0
    /// By view.
    public var solarizeProbability = [0.0, 0.2]

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

    /// The paper's probabilities and strengths.
    ///
    /// - Parameter imageSize: the side of a view.
    public init(imageSize: Int) {
        crop = RandomResizedCrop(size: imageSize)
        blurKernel = max(imageSize * 23 / 224 | 1, 3)
    }

    /// Draws all that is random in a view of an image of this size.
    ///
    /// - Parameter view: 0 or 1.
    public func draw(width: Int, height: Int, view: Int, using generator: inout SeededGenerator) -> View {
        View(
            box: crop.draw(width: width, height: height, using: &generator),
            isFlipped: generator.chance(flipProbability),
            adjustments: generator.chance(jitterProbability) ? jitter.draw(using: &generator) : [],
            isGrey: generator.chance(greyProbability),
            blurSigma: generator.chance(blurProbability[view])
                ? generator.uniform(blurSigma.lowerBound, blurSigma.upperBound) : nil,
            isSolarized: generator.chance(solarizeProbability[view]))
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

    /// Makes views of an image file that were drawn for its size.
    ///
    /// - Throws: `UserError` with the decoder's reason.
    public func apply(_ views: [View], to file: ImageFile, decoding: Decoding) throws -> [Image] {
        switch decoding {
        case .exact:
            let image = try file.decoded()
            return views.map { apply($0, to: image) }
        case .fast:
            // At half the size, a crop must have as many pixels left as the view.
            let side = views.map { min($0.box.width, $0.box.height) }.min() ?? crop.size
            let eighths = [1, 2, 4].first { side * $0 / 8 >= crop.size } ?? 8
            let part = try file.decoded(CropBox(around: views.map(\.box)), eighths: eighths)
            return views.map { apply($0, to: part) }
        }
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
    ///
    /// - Parameter view: 0 or 1.
    public func callAsFunction(_ image: Image, view: Int, using generator: inout SeededGenerator) -> Image {
        apply(draw(width: image.width, height: image.height, view: view, using: &generator), to: image)
    }
}
