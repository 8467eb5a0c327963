/// A rectangle of whole pixels.
public struct CropBox: Equatable, Sendable {
    public let x: Int
    public let y: Int
    public let width: Int
    public let height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// Whether it has pixels, all of them in `image`.
    func lies(in image: Image) -> Bool {
        x >= 0 && y >= 0 && width > 0 && height > 0 && x <= image.width - width && y <= image.height - height
    }

    /// Whether it is all of `image`.
    func covers(_ image: Image) -> Bool { width == image.width && height == image.height }
}
