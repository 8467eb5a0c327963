import Foundation
import Support

/// The ground of an image: two colours mixed by noise of several octaves, by stripes, or by both.
struct Background {
    /// size · size · 3 values in grey levels.
    let pixels: [Float]

    init(size: Int, using generator: inout SeededGenerator) {
        let (a, b) = (Color.random(&generator), Color.random(&generator))
        let noise = Self.noise(size, using: &generator)
        let stripes = generator.chance(0.4)
        let angle = generator.uniform(0, .pi)
        let wavelength = generator.uniform(6, Double(size) / 3)
        let strength = generator.uniform(0.2, 0.6)
        var pixels = [Float](repeating: 0, count: size * size * 3)
        for y in 0..<size {
            for x in 0..<size {
                var mix = Double(noise[y * size + x])
                if stripes {
                    let phase = (Double(x) * cos(angle) + Double(y) * sin(angle)) / wavelength
                    mix = mix * (1 - strength) + strength * (0.5 + 0.5 * sin(2 * .pi * phase))
                }
                let t = Float(mix)
                let i = 3 * (y * size + x)
                pixels[i] = a.r * (1 - t) + b.r * t
                pixels[i + 1] = a.g * (1 - t) + b.g * t
                pixels[i + 2] = a.b * (1 - t) + b.b * t
            }
        }
        self.pixels = pixels
    }

    /// Random grids, each twice as fine and half as strong as the one before, smoothed between their points; 0 to 1.
    private static func noise(_ size: Int, using generator: inout SeededGenerator) -> [Float] {
        var out = [Float](repeating: 0, count: size * size)
        var strength: Float = 0.5
        var cells = 3
        for _ in 0..<4 {
            let grid = (0..<(cells + 1) * (cells + 1)).map { _ in Float(generator.uniform()) }
            let step = Float(cells) / Float(size)
            for y in 0..<size {
                let fy = Float(y) * step
                let (j, ty) = (Int(fy), smooth(fy - fy.rounded(.down)))
                for x in 0..<size {
                    let fx = Float(x) * step
                    let (i, tx) = (Int(fx), smooth(fx - fx.rounded(.down)))
                    let row = j * (cells + 1) + i
                    let top = grid[row] * (1 - tx) + grid[row + 1] * tx
                    let bottom = grid[row + cells + 1] * (1 - tx) + grid[row + cells + 2] * tx
                    out[y * size + x] += strength * (top * (1 - ty) + bottom * ty)
                }
            }
            strength /= 2
            cells *= 2
        }
        return out
    }

    private static func smooth(_ t: Float) -> Float { t * t * (3 - 2 * t) }
}

/// A soft spot of no category: clutter.
struct Blob {
    private let centerX, centerY, radiusX, radiusY, strength: Double
    private let color: Color

    init(size: Int, using generator: inout SeededGenerator) {
        centerX = generator.uniform(0, Double(size))
        centerY = generator.uniform(0, Double(size))
        radiusX = generator.uniform(0.03, 0.2) * Double(size)
        radiusY = generator.uniform(0.03, 0.2) * Double(size)
        strength = generator.uniform(0.3, 0.8)
        color = .random(&generator)
    }

    func draw(on canvas: inout [Float], size: Int) {
        let ys = max(Int(centerY - 2 * radiusY), 0)..<min(Int(centerY + 2 * radiusY) + 1, size)
        let xs = max(Int(centerX - 2 * radiusX), 0)..<min(Int(centerX + 2 * radiusX) + 1, size)
        for y in ys {
            for x in xs {
                let distance = pow((Double(x) - centerX) / radiusX, 2) + pow((Double(y) - centerY) / radiusY, 2)
                let t = Float(strength * exp(-distance * 1.5))
                let i = 3 * (y * size + x)
                canvas[i] += (color.r - canvas[i]) * t
                canvas[i + 1] += (color.g - canvas[i + 1]) * t
                canvas[i + 2] += (color.b - canvas[i + 2]) * t
            }
        }
    }
}
