import Support

/// Brightness, contrast, saturation and hue changed by random factors in random order. Source: torchvision's `ColorJitter`.
public struct ColorJitter: Sendable {
    /// Factors are drawn from 1 ± strength.
    public var brightness: Double
    public var contrast: Double
    public var saturation: Double
    /// The shift of the hue is drawn from ± strength, in turns of the colour circle.
    public var hue: Double

    public init(brightness: Double = 0.4, contrast: Double = 0.4, saturation: Double = 0.2, hue: Double = 0.1) {
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation
        self.hue = hue
    }

    public func callAsFunction(_ image: Image, using generator: inout SeededGenerator) -> Image {
        var image = image
        for step in generator.permutation(4) {
            switch step {
            case 0: image.adjustBrightness(factor(brightness, &generator))
            case 1: image.adjustContrast(factor(contrast, &generator))
            case 2: image.adjustSaturation(factor(saturation, &generator))
            default: image.adjustHue(generator.uniform(-hue, hue))
            }
        }
        return image
    }

    private func factor(_ strength: Double, _ generator: inout SeededGenerator) -> Double {
        generator.uniform(max(0, 1 - strength), 1 + strength)
    }
}

extension Image {
    /// Towards black (0), or beyond the picture (above 1).
    public mutating func adjustBrightness(_ factor: Double) {
        let table = Self.table { Self.blend(0, $0, Float(factor)) }
        mapValues(table)
    }

    /// Towards its mean grey (0), or away from it (above 1).
    public mutating func adjustContrast(_ factor: Double) {
        let total = pixels.withUnsafeBufferPointer { p in
            (0..<width * height).reduce(0) { $0 + Int(Color.luma(p[3 * $1], p[3 * $1 + 1], p[3 * $1 + 2])) }
        }
        let mean = Int(Double(total) / Double(width * height) + 0.5)
        mapValues(Self.table { Self.blend(mean, $0, Float(factor)) })
    }

    /// Towards grey (0), or away from it (above 1).
    public mutating func adjustSaturation(_ factor: Double) {
        let factor = Float(factor)
        pixels.withUnsafeMutableBufferPointer { p in
            for i in Swift.stride(from: 0, to: p.count, by: 3) {
                let grey = Int(Color.luma(p[i], p[i + 1], p[i + 2]))
                for c in i..<i + 3 { p[c] = Self.blend(grey, Int(p[c]), factor) }
            }
        }
    }

    /// Turns the colour circle by `shift` of a turn, in Pillow's 8-bit HSV.
    public mutating func adjustHue(_ shift: Double) {
        let step = UInt8(truncatingIfNeeded: Int(shift * 255))
        guard step != 0 else { return }
        pixels.withUnsafeMutableBufferPointer { p in
            for i in Swift.stride(from: 0, to: p.count, by: 3) {
                let (h, s, v) = Self.hsv(p[i], p[i + 1], p[i + 2])
                (p[i], p[i + 1], p[i + 2]) = Self.rgb(h &+ step, s, v)
            }
        }
    }

    /// Grey, in three channels.
    public mutating func makeGrey() {
        pixels.withUnsafeMutableBufferPointer { p in
            for i in Swift.stride(from: 0, to: p.count, by: 3) {
                let grey = UInt8(Color.luma(p[i], p[i + 1], p[i + 2]))
                (p[i], p[i + 1], p[i + 2]) = (grey, grey, grey)
            }
        }
    }

    /// Values from `threshold` on are inverted.
    public mutating func solarize(threshold: UInt8 = 128) {
        mapValues(Self.table { $0 < Int(threshold) ? UInt8($0) : UInt8(255 - $0) })
    }

    private static func table(_ value: (Int) -> UInt8) -> [UInt8] { (0...255).map(value) }

    private mutating func mapValues(_ table: [UInt8]) {
        table.withUnsafeBufferPointer { table in
            pixels.withUnsafeMutableBufferPointer { p in
                for i in p.indices { p[i] = table[Int(p[i])] }
            }
        }
    }

    /// a + factor · (b − a), cut to 8 bits and clipped, as Pillow's `Image.blend`.
    @inline(__always)
    private static func blend(_ a: Int, _ b: Int, _ factor: Float) -> UInt8 {
        UInt8(min(max(Float(a) + factor * Float(b - a), 0), 255))
    }

    private static func hsv(_ r: UInt8, _ g: UInt8, _ b: UInt8) -> (UInt8, UInt8, UInt8) {
        let (high, low) = (max(r, g, b), min(r, g, b))
        guard high != low else { return (0, 0, high) }
        // Pillow keeps these as floats and computes with doubles between.
        let range = Float(high - low)
        let (rc, gc, bc) = (Float(high - r) / range, Float(high - g) / range, Float(high - b) / range)
        let h: Float =
            r == high
            ? bc - gc : g == high ? Float(2 + Double(rc) - Double(bc)) : Float(4 + Double(gc) - Double(rc))
        let turn = Float((Double(h) / 6 + 1).truncatingRemainder(dividingBy: 1))
        let saturation = range / Float(high)
        return (UInt8(Double(turn) * 255), UInt8(min(Double(saturation) * 255, 255)), high)
    }

    private static func rgb(_ h: UInt8, _ s: UInt8, _ v: UInt8) -> (UInt8, UInt8, UInt8) {
        guard s != 0 else { return (v, v, v) }
        let turn = Double(Float(h) * 6) / 255
        let sector = turn.rounded(.down)
        let f = Double(Float(turn - sector))
        let fs = Double(Float(Double(s) / 255))
        func byte(_ x: Double) -> UInt8 { UInt8(min(max(x.rounded(), 0), 255)) }
        let p = byte(Double(v) * (1 - fs))
        let q = byte(Double(v) * (1 - fs * f))
        let t = byte(Double(v) * (1 - fs * (1 - f)))
        return switch Int(sector) % 6 {
        case 0: (v, t, p)
        case 1: (q, v, p)
        case 2: (p, v, t)
        case 3: (p, q, v)
        case 4: (t, p, v)
        default: (v, p, q)
        }
    }
}
