import Support

/// Brightness, contrast, saturation and hue changed by random amounts in random order. Source: torchvision's
/// `ColorJitter`.
public struct ColorJitter: Sendable {
    /// Factors are drawn from 1 ± strength.
    public var brightness: Double
    public var contrast: Double
    public var saturation: Double
    /// The turn of the colour circle is drawn from ± strength.
    public var hue: Double

    /// The strengths of BYOL, arXiv 2006.07733, appendix B.
    public init(brightness: Double = 0.4, contrast: Double = 0.4, saturation: Double = 0.2, hue: Double = 0.1) {
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation
        self.hue = hue
    }

    /// Draws the four adjustments, in the order to apply them in.
    public func draw(using generator: inout SeededGenerator) -> [ColorAdjustment] {
        func factor(_ strength: Double) -> Double { generator.uniform(max(0, 1 - strength), 1 + strength) }
        let adjustments: [ColorAdjustment] = [
            .brightness(factor(brightness)), .contrast(factor(contrast)), .saturation(factor(saturation)),
            .hue(generator.uniform(-hue, hue)),
        ]
        return generator.permutation(adjustments.count).map { adjustments[$0] }
    }
}
