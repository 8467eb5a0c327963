import COCO
import Foundation
import Support
import Vision

/// One image of the synthetic world, with the visible part of each of its objects.
struct Scene {
    struct Object {
        let category: ShapeCategory
        /// Rows one after the other, 1 where the object is seen.
        let mask: [UInt8]
        let area: Int
    }

    let image: Image
    let objects: [Object]

    /// How hard the world is; all of it is decided here.
    enum Difficulty {
        static let objectCount = 2...5
        /// Diameters over the image's side, drawn on a logarithmic scale.
        static let diameter = 0.14...0.85
        /// An object hidden beyond this part of itself is not annotated, and one smaller than this many pixels neither.
        static let leastVisible = 0.25
        static let leastArea = 24
        static let distractors = 1...4
        /// Deviation of the sensor's noise, in grey levels.
        static let noise = 4.0
        /// The least distance in brightness of an object's first colour from the ground's mean.
        static let contrast = 50.0
    }

    /// Draws an image of side `size`.
    init(size: Int, using generator: inout SeededGenerator) {
        var canvas = Background(size: size, using: &generator).pixels
        var owner = [Int16](repeating: -1, count: size * size)
        for _ in 0..<generator.integer(in: Difficulty.distractors.lowerBound..<Difficulty.distractors.upperBound + 1) {
            Blob(size: size, using: &generator).draw(on: &canvas, size: size)
        }
        let count = generator.integer(in: Difficulty.objectCount.lowerBound..<Difficulty.objectCount.upperBound + 1)
        // The largest first, so that it does not hide the small ones.
        let figures = (0..<count).map { _ in Figure(size: size, using: &generator) }.sorted { $0.radius > $1.radius }
        var whole = [Int](repeating: 0, count: count)
        for (i, figure) in figures.enumerated() {
            figure.draw(on: &canvas, size: size) { pixel in
                owner[pixel] = Int16(i)
                whole[i] += 1
            }
        }
        objects = figures.indices.compactMap { i in
            let mask = owner.map { $0 == Int16(i) ? UInt8(1) : 0 }
            let area = mask.reduce(0) { $0 + Int($1) }
            guard area >= Difficulty.leastArea, Double(area) >= Difficulty.leastVisible * Double(whole[i]) else { return nil }
            return Object(category: figures[i].category, mask: mask, area: area)
        }
        let light = generator.uniform(0.75, 1.15)
        let pixels = canvas.map { value in
            UInt8(min(max(Double(value) * light + Difficulty.noise * generator.normal(), 0), 255))
        }
        image = Image(width: size, height: size, pixels: pixels)
    }
}

/// An RGB colour in grey levels.
struct Color {
    let r, g, b: Float

    init(_ r: Float, _ g: Float, _ b: Float) { (self.r, self.g, self.b) = (r, g, b) }

    static func random(_ generator: inout SeededGenerator) -> Color {
        Color(
            Float(generator.uniform(15, 240)), Float(generator.uniform(15, 240)), Float(generator.uniform(15, 240)))
    }

    var brightness: Double { 0.3 * Double(r) + 0.59 * Double(g) + 0.11 * Double(b) }
}

/// One object: where it is, how it is turned, what it is filled with.
private struct Figure {
    let category: ShapeCategory
    let centerX, centerY, radius, angle, frequency: Double
    let first, second: Color

    init(size: Int, using generator: inout SeededGenerator) {
        category = ShapeCategory.all[generator.integer(in: 0..<ShapeCategory.all.count)]
        let range = Scene.Difficulty.diameter
        let diameter = Double(size) * exp(generator.uniform(log(range.lowerBound), log(range.upperBound)))
        radius = max(diameter / 2, 5)
        // Mostly inside; a part may be cut off by the edge.
        let margin = radius * 0.7
        func place() -> Double {
            margin * 2 >= Double(size) ? Double(size) / 2 : generator.uniform(margin, Double(size) - margin)
        }
        centerX = place()
        centerY = place()
        angle = generator.uniform(-0.5, 0.5)
        frequency = generator.uniform(3.5, 5)
        let color = Color.random(&generator)
        first = color
        var other = Color.random(&generator)
        while abs(other.brightness - color.brightness) < Scene.Difficulty.contrast { other = .random(&generator) }
        second = other
    }

    /// Draws the figure, its edge smoothed by four points a pixel, and reports each pixel whose centre lies inside.
    func draw(on canvas: inout [Float], size: Int, inside: (Int) -> Void) {
        let (sine, cosine) = (sin(angle), cos(angle))
        let reach = radius * 1.42
        let xs = max(Int(centerX - reach), 0)..<max(min(Int(centerX + reach) + 2, size), 0)
        let ys = max(Int(centerY - reach), 0)..<max(min(Int(centerY + reach) + 2, size), 0)
        func local(_ x: Double, _ y: Double) -> (Double, Double) {
            let (dx, dy) = ((x - centerX) / radius, (y - centerY) / radius)
            return (dx * cosine + dy * sine, dy * cosine - dx * sine)
        }
        for y in ys {
            for x in xs {
                var covered: Float = 0
                var mixed: Float = 0
                for (ox, oy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                    let (u, v) = local(Double(x) + ox, Double(y) + oy)
                    guard category.silhouette.contains(u, v) else { continue }
                    covered += 0.25
                    mixed += 0.25 * Float(category.texture.value(u, v, frequency: frequency))
                }
                let pixel = y * size + x
                let (u, v) = local(Double(x) + 0.5, Double(y) + 0.5)
                if category.silhouette.contains(u, v) { inside(pixel) }
                guard covered > 0 else { continue }
                func blend(_ channel: Int, _ a: Float, _ b: Float) {
                    let i = 3 * pixel + channel
                    canvas[i] = canvas[i] * (1 - covered) + a * (covered - mixed) + b * mixed
                }
                blend(0, first.r, second.r)
                blend(1, first.g, second.g)
                blend(2, first.b, second.b)
            }
        }
    }
}
