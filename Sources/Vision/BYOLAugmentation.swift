import Support

/// BYOL's two views of a picture. Source: arXiv 2006.07733, appendix B: the views differ in how often they are blurred
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

    /// What was drawn for a view; which pixels of the picture a region of the view shows follows from the first two.
    public struct View: Equatable, Sendable {
        public let box: CropBox
        public let isFlipped: Bool
        public let adjustments: [ColorAdjustment]
        public let isGrey: Bool
        public let blurSigma: Double?
        public let isSolarized: Bool
    }

    /// The paper's probabilities and strengths.
    ///
    /// - Parameter imageSize: the side of a view.
    public init(imageSize: Int) {
        crop = RandomResizedCrop(size: imageSize)
        blurKernel = max(imageSize * 23 / 224 | 1, 3)
    }

    /// Draws all that is random in a view of a picture of this size.
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

    /// Draws a view and makes it.
    ///
    /// - Parameter view: 0 or 1.
    public func callAsFunction(_ image: Image, view: Int, using generator: inout SeededGenerator) -> Image {
        apply(draw(width: image.width, height: image.height, view: view, using: &generator), to: image)
    }
}
