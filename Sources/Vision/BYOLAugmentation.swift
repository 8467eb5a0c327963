import Support

/// BYOL's two views of a picture. Source: arXiv 2006.07733, appendix B: the views differ in how often they are blurred and
/// solarised.
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

    /// - Parameter imageSize: the side of a view.
    public init(imageSize: Int) {
        crop = RandomResizedCrop(size: imageSize)
        blurKernel = max(imageSize * 23 / 224 | 1, 3)
    }

    /// - Parameter view: 0 or 1.
    public func callAsFunction(_ image: Image, view: Int, using generator: inout SeededGenerator) -> Image {
        var image = crop(image.rgb, using: &generator)
        if generator.chance(flipProbability) { image = image.flippedHorizontally() }
        if generator.chance(jitterProbability) { image = jitter(image, using: &generator) }
        if generator.chance(greyProbability) { image.makeGrey() }
        if generator.chance(blurProbability[view]) {
            let sigma = generator.uniform(blurSigma.lowerBound, blurSigma.upperBound)
            image = image.gaussianBlurred(kernel: blurKernel, sigma: sigma)
        }
        if generator.chance(solarizeProbability[view]) { image.solarize() }
        return image
    }
}
