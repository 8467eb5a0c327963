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

    /// The smallest one that holds all of `boxes`, of which there is at least one.
    init(around boxes: [CropBox]) {
        let left = boxes.map(\.x).min() ?? 0, top = boxes.map(\.y).min() ?? 0
        let right = boxes.map { $0.x + $0.width }.max() ?? 0, bottom = boxes.map { $0.y + $0.height }.max() ?? 0
        self.init(x: left, y: top, width: right - left, height: bottom - top)
    }

    /// Whether it has pixels, all of them in `image`.
    func lies(in image: Image) -> Bool {
        x >= 0 && y >= 0 && width > 0 && height > 0 && x <= image.width - width && y <= image.height - height
    }

    /// Whether it is all of `image`.
    func covers(_ image: Image) -> Bool { width == image.width && height == image.height }
}
