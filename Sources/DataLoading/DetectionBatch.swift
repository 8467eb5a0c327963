import Torch

/// The objects of an image, in the coordinates of the image as the network sees it.
///
/// n objects.
public struct DetectionTarget: Sendable {
    /// n × 4: x₀, y₀, x₁, y₁.
    public let boxes: [Float]
    /// n: the place of the category among the dataset's.
    public let classes: [Int]
    /// n: the polygons of each object, each x₀, y₀, x₁, y₁, …
    public let polygons: [[[Double]]]

    public init(boxes: [Float], classes: [Int], polygons: [[[Double]]]) {
        self.boxes = boxes
        self.classes = classes
        self.polygons = polygons
    }

    public var count: Int { classes.count }
}

/// An image's sizes, as its file has it and as the network sees it.
public struct ImageSizes: Sendable, Equatable {
    public let imageID: Int
    public let originalWidth: Int
    public let originalHeight: Int
    public let width: Int
    public let height: Int

    public init(imageID: Int, originalWidth: Int, originalHeight: Int, width: Int, height: Int) {
        self.imageID = imageID
        self.originalWidth = originalWidth
        self.originalHeight = originalHeight
        self.width = width
        self.height = height
    }
}

/// Images padded to one size, with their objects.
public struct DetectionBatch: Sendable {
    /// (N, 3, H, W), zeros beyond each image.
    public let images: Tensor
    public let sizes: [ImageSizes]
    /// Empty for images that are only predicted on.
    public let targets: [DetectionTarget]

    public init(images: Tensor, sizes: [ImageSizes], targets: [DetectionTarget]) {
        self.images = images
        self.sizes = sizes
        self.targets = targets
    }

    /// Pads images of different sizes, (1, 3, H, W) each.
    ///
    /// - Parameters:
    ///   - divisor: what height and width are made multiples of.
    ///   - least: what they are at least before that.
    public static func padded(_ images: [Tensor], divisor: Int, least: (width: Int, height: Int) = (1, 1)) -> Tensor {
        func up(_ x: Int) -> Int { (x + divisor - 1) / divisor * divisor }
        let height = up(images.map { $0.size(2) }.reduce(least.height, max)), width = up(images.map { $0.size(3) }.reduce(least.width, max))
        let padded = images.map { $0.padded([0, width - $0.size(3), 0, height - $0.size(2)]) }
        return Tensor.concatenated(padded).contiguous(.channelsLast)
    }
}
