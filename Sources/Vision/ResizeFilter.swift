/// How an image is resampled. Both widen over the pixels that fall together when shrinking (antialiased).
public enum ResizeFilter: Sendable {
    case bilinear
    /// Catmull and Rom's cubic, a = −0.5.
    case bicubic

    var support: Double {
        switch self {
        case .bilinear: 1
        case .bicubic: 2
        }
    }

    func callAsFunction(_ distance: Double) -> Double {
        let x = abs(distance)
        switch self {
        case .bilinear: return max(0, 1 - x)
        case .bicubic:
            let a = -0.5
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
            return 0
        }
    }
}
