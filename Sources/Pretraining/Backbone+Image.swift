import DataLoading
import NN
import Torch
import Vision

extension Backbone {
    /// The last feature map of one image, (1, C, H, W) float32 in host memory.
    ///
    /// - Parameters:
    ///   - shortSide: what the image's short side is resized to; both sides become multiples of a cell's.
    ///   - normalization: what the weights expect of pixels.
    public func lastFeatureMap(of image: Image, shortSide: Int, normalization: PixelNormalization) -> Tensor {
        let scale = Double(shortSide) / Double(min(image.width, image.height))
        let cell = lastLevel.stride
        func side(_ length: Int) -> Int { max(Int((Double(length) * scale / Double(cell)).rounded()), 1) * cell }
        let shown = image.rgb.resized(width: side(image.width), height: side(image.height), filter: .bicubic)
        return withoutGrad { lastFeatureMap(normalization([shown]).to(device), .evaluate).to(.cpu).to(.float32) }
    }
}
