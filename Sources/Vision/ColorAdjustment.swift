/// A change of colour by a fixed amount, with Pillow's arithmetic as torchvision applies it to Pillow's images.
public enum ColorAdjustment: Equatable, Sendable {
    /// Towards black (0), or away from it (above 1).
    case brightness(Double)
    /// Towards the image's mean grey (0), or away from it (above 1).
    case contrast(Double)
    /// Towards each pixel's grey (0), or away from it (above 1).
    case saturation(Double)
    /// Turns the colour circle by this part of a turn.
    case hue(Double)
}

extension Image {
    /// Changed in colour. The image must have three channels.
    public mutating func adjust(_ adjustment: ColorAdjustment) {
        adjust([adjustment])
    }

    /// Changed in colour, step by step; at last turned grey if asked for. The image must have three channels.
    public mutating func adjust(_ adjustments: [ColorAdjustment], toGrey: Bool = false) {
        guard !adjustments.isEmpty || toGrey else { return }
        var planes = Planes(self)
        for adjustment in adjustments { planes.adjust(adjustment) }
        if toGrey { planes.map(GreyChange()) }
        self = planes.image
    }

    /// Turns each pixel grey; the channels stay three.
    public mutating func makeGrey() {
        adjust([], toGrey: true)
    }

    /// Inverts values from `threshold` on.
    public mutating func solarize(threshold: UInt8 = 128) {
        pixels.withUnsafeMutableBufferPointer { pixels in
            for i in pixels.indices where pixels[i] >= threshold { pixels[i] = ~pixels[i] }
        }
    }
}

extension Planes {
    fileprivate mutating func adjust(_ adjustment: ColorAdjustment) {
        switch adjustment {
        case .brightness(let factor): blendValues(from: 0, factor)
        case .contrast(let factor):
            let mean = Double(sum(Color.luma)) / Double(width * height)
            blendValues(from: Float((mean + 0.5).rounded(.down)), factor)
        case .saturation(let factor): map(SaturationChange(factor: Float(factor)))
        case .hue(let turn):
            // torchvision shifts Pillow's hue, a byte, by a whole number that wraps.
            let shift = UInt8(truncatingIfNeeded: Int(turn * 255))
            if shift != 0 { map(HueChange(shift: Float(shift))) }
        }
    }

    private mutating func blendValues(from grey: Float, _ factor: Double) {
        map((0...255).map { blend(Lanes(repeating: grey), Lanes(repeating: Float($0)), Float(factor)).bytes[0] })
    }
}

private struct SaturationChange: PixelChange {
    let factor: Float

    @inline(__always)
    func callAsFunction(_ red: Lanes, _ green: Lanes, _ blue: Lanes) -> (Lanes, Lanes, Lanes) {
        let grey = grey(red, green, blue)
        return (blend(grey, red, factor), blend(grey, green, factor), blend(grey, blue, factor))
    }
}

private struct HueChange: PixelChange {
    let shift: Float

    @inline(__always)
    func callAsFunction(_ red: Lanes, _ green: Lanes, _ blue: Lanes) -> (Lanes, Lanes, Lanes) {
        var hsv = HSV(red: red, green: green, blue: blue)
        let turned = hsv.hue + shift
        hsv.hue = turned.replacing(with: turned - 256, where: turned .>= 256)
        return hsv.rgb()
    }
}

private struct GreyChange: PixelChange {
    @inline(__always)
    func callAsFunction(_ red: Lanes, _ green: Lanes, _ blue: Lanes) -> (Lanes, Lanes, Lanes) {
        let grey = grey(red, green, blue)
        return (grey, grey, grey)
    }
}

/// `Color.luma`: the sums, below 2²⁴, are exact in floats.
@inline(__always)
private func grey(_ red: Lanes, _ green: Lanes, _ blue: Lanes) -> Lanes {
    let weighted: Lanes = red * 19595 + green * 38470
    let sum: Lanes = weighted + blue * 7471 + 0x8000
    return (sum * 0x1p-16).floor
}

/// from + factor · (to − from), clipped and cut to a whole number, as Pillow's `Image.blend`.
@inline(__always)
private func blend(_ from: Lanes, _ to: Lanes, _ factor: Float) -> Lanes {
    (from + factor * (to - from)).clipped.floor
}
