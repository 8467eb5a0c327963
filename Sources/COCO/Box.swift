/// A box as COCO writes it: the corner with the smallest coordinates, and the size, in pixels.
public struct Box: Sendable, Equatable {
    /// The left edge.
    public let x: Double
    /// The upper edge.
    public let y: Double
    public let width: Double
    public let height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// In pixels.
    public var area: Double { width * height }

    /// Pixels in both.
    @inline(__always)
    public func intersection(with other: Box) -> Double {
        let w = min(width + x, other.width + other.x) - max(x, other.x)
        let h = min(height + y, other.height + other.y) - max(y, other.y)
        return w > 0 && h > 0 ? w * h : 0
    }

    /// Intersection over union; over this box's own area where the other one is a crowd. Source: `bbIou` of the mask API.
    @inline(__always)
    public func iou(with other: Box, isCrowd: Bool = false) -> Double {
        let intersection = intersection(with: other)
        guard intersection > 0 else { return 0 }
        return intersection / (isCrowd ? area : area + other.area - intersection)
    }
}
