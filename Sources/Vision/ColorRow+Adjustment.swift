// The adjustments of ColorAdjustment.swift without rounding to bytes in between.

extension ColorRow {
    /// Changed in colour, step by step.
    ///
    /// - Parameter mean: the whole image's mean grey; needed for contrast.
    mutating func adjust(_ adjustments: some Collection<ColorAdjustment>, mean: Float) {
        for adjustment in adjustments {
            switch adjustment {
            case .brightness(let factor): map(Blend(grey: 0, factor: Float(factor)))
            case .contrast(let factor): map(Blend(grey: mean, factor: Float(factor)))
            case .saturation(let factor): map(Saturation(factor: Float(factor)))
            case .hue(let turn): map(HueTurn(turn))
            }
        }
    }

    mutating func makeGrey() { map(Saturation(factor: 0)) }
}

/// Grey with Pillow's weights, without its rounding.
@inline(__always)
func lightness(_ red: Lanes, _ green: Lanes, _ blue: Lanes) -> Lanes {
    let weighted: Lanes = red * (19595 / 65536) + green * (38470 / 65536)
    return weighted + blue * (7471 / 65536)
}

/// Towards a grey, or away from it.
private struct Blend: PixelChange {
    let grey: Float
    let factor: Float

    @inline(__always)
    func callAsFunction(_ red: Lanes, _ green: Lanes, _ blue: Lanes) -> (Lanes, Lanes, Lanes) {
        let rest = grey * (1 - factor)
        return ((red * factor + rest).clipped, (green * factor + rest).clipped, (blue * factor + rest).clipped)
    }
}

/// Towards each pixel's grey, or away from it.
private struct Saturation: PixelChange {
    let factor: Float

    @inline(__always)
    func callAsFunction(_ red: Lanes, _ green: Lanes, _ blue: Lanes) -> (Lanes, Lanes, Lanes) {
        let rest = lightness(red, green, blue) * (1 - factor)
        return ((red * factor + rest).clipped, (green * factor + rest).clipped, (blue * factor + rest).clipped)
    }
}

/// Turns the colour circle.
private struct HueTurn: PixelChange {
    /// −3 ... 3
    let sixths: Float

    init(_ turn: Double) {
        sixths = Float((turn - turn.rounded()) * 6)
    }

    @inline(__always)
    func callAsFunction(_ red: Lanes, _ green: Lanes, _ blue: Lanes) -> (Lanes, Lanes, Lanes) {
        let most = red.greater(green).greater(blue)
        let range = most - red.less(green).less(blue)
        let reciprocal = 1 / range.greater(Lanes(repeating: 1e-6))
        // In sixths of a turn; each channel is the greatest in a third, −1 ... 1 around its own place.
        let atRed = (green - blue) * reciprocal
        let atGreen = (blue - red) * reciprocal + 2
        let atBlue = (red - green) * reciprocal + 4
        let hue = atBlue.replacing(with: atGreen, where: green .== most).replacing(with: atRed, where: red .== most)
        // 0 ... 6
        var turned = hue + sixths
        turned = turned.replacing(with: turned + 6, where: turned .< 0)
        turned = turned.replacing(with: turned - 6, where: turned .> 6)
        /// The channel whose own place is `place`: `most` in the third around it, less beyond.
        @inline(__always)
        func channel(_ place: Float) -> Lanes {
            let apart = turned - place
            let beyond = apart.greater(-apart) - 3
            // The distance on the circle, 0 ... 3, is 3 less this one's length.
            return most - range * (2 - beyond.greater(-beyond)).greater(.zero).less(Lanes(repeating: 1))
        }
        return (channel(0), channel(2), channel(4))
    }
}
