import Foundation

/// The outlines of the synthetic world, each a test of points in a square of −1 … 1.
enum Silhouette: String, CaseIterable, Sendable {
    case disc, square, triangle, star, ring, cross

    /// Whether the point lies inside. A turn of the shape is the caller's.
    func contains(_ x: Double, _ y: Double) -> Bool {
        switch self {
        case .disc: return x * x + y * y <= 1
        case .square: return abs(x) <= 0.84 && abs(y) <= 0.84
        case .triangle: return y <= 0.62 && 1.62 * abs(x) <= 0.94 * (y + 1)
        case .star:
            // The radius of a five-pointed star runs between its points and its notches with the angle.
            let angle = atan2(x, -y)
            let part = abs(angle / (2 * .pi / 5) - (angle / (2 * .pi / 5)).rounded()) * 2
            let radius = (x * x + y * y).squareRoot()
            return radius <= 1 - 0.6 * part
        case .ring:
            let square = x * x + y * y
            return square <= 1 && square >= 0.3
        case .cross: return min(abs(x), abs(y)) <= 0.3 && max(abs(x), abs(y)) <= 0.97
        }
    }
}

/// What an outline is filled with: 0 takes its first colour, 1 its second.
enum Texture: String, CaseIterable, Sendable {
    case plain, striped, dotted, checked

    /// - Parameters:
    ///   - u, v: the point in the shape's own square of −1 … 1.
    ///   - frequency: repetitions across the shape.
    func value(_ u: Double, _ v: Double, frequency: Double) -> Double {
        let (a, b) = (u * frequency / 2, v * frequency / 2)
        func fraction(_ x: Double) -> Double { x - x.rounded(.down) }
        switch self {
        case .plain: return 0
        case .striped: return fraction(a) < 0.5 ? 1 : 0
        case .dotted:
            let (x, y) = (fraction(a) - 0.5, fraction(b) - 0.5)
            return x * x + y * y < 0.09 ? 1 : 0
        case .checked: return (fraction(a) < 0.5) != (fraction(b) < 0.5) ? 1 : 0
        }
    }
}

/// A category of the synthetic world: an outline and a texture. Some share one, some the other, so that neither alone tells
/// all of them apart; colours tell none.
struct ShapeCategory: Sendable {
    let id: Int
    let silhouette: Silhouette
    let texture: Texture

    var name: String { "\(texture.rawValue) \(silhouette.rawValue)" }

    static let all: [ShapeCategory] = {
        let kinds: [(Silhouette, Texture)] = [
            (.disc, .plain), (.disc, .striped), (.square, .plain), (.square, .checked), (.triangle, .dotted),
            (.star, .striped), (.ring, .plain), (.cross, .plain),
        ]
        return kinds.enumerated().map { ShapeCategory(id: $0 + 1, silhouette: $1.0, texture: $1.1) }
    }()
}
