import DataLoading
import Foundation
import NN
import Support
import Torch
import Vision

/// A backbone out of a weight file of any format that `WeightFile` reads and with any names that `NetworkWeights` knows, and
/// what its input has to be.
public struct ReadBackbone {
    public let network: ResNet
    public let normalization: PixelNormalization
    /// What the file says that made it, or its name without what follows the last dot.
    public let name: String

    /// Depth, width and stride are those of the weights.
    ///
    /// - Throws: `UserError` naming what is wrong with the file, missing in it, or of another shape.
    public init(_ path: String) throws {
        let file = try WeightFile(path)
        let weights = try NetworkWeights(file)
        let tensors = Dictionary(weights.backbone.map { ($0.name, $0.tensor) }) { first, _ in first }
        guard let depth = weights.depth else {
            throw UserError("holds no ResNet of 18, 34, 50 or 101 layers", file: path, remedy: "ediy weights inspect says what is in it")
        }
        let missing = weights.missingInBackbone
        guard missing.isEmpty else {
            throw UserError(
                "holds a part of a ResNet-\(depth.rawValue): it has no \(missing.prefix(3).joined(separator: ", ")), "
                    + "\(missing.count) in all", file: path,
                remedy: "ediy weights inspect says what is in it")
        }
        // Before memory is taken for a network of that width.
        guard let width = tensors["conv1.weight"]?.shape.first, (1...1024).contains(width),
            tensors["layer4.0.conv1.weight"]?.shape.first == 8 * width
        else { throw UserError("has convolutions of no ResNet's shapes", file: path, remedy: "ediy weights inspect lists them") }
        let convention = weights.convention
        network = ResNet(
            depth, width: width, strideIn1x1: convention.strideIn1x1 && depth.rawValue >= 50, using: Generator(seed: 0))
        var state = StateDict()
        for (name, tensor) in weights.backbone { state[name] = tensor.tensor() }
        try network.load(state, file: path)
        normalization = PixelNormalization(
            mean: convention.mean, deviation: convention.deviation, order: convention.isBGR ? .bgr : .rgb)
        name = file.notes.first { $0.name == "method" }?.value
            ?? URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    }

    /// The last map of an image, (1, C, H, W) float32 in host memory.
    ///
    /// - Parameter size: what its short side is resized to; both sides become multiples of 32, a cell's.
    public func map(of image: Image, size: Int) -> Tensor {
        let scale = Double(size) / Double(min(image.width, image.height))
        func side(_ length: Int) -> Int { max(Int((Double(length) * scale / 32).rounded()), 1) * 32 }
        let shown = image.rgb.resized(width: side(image.width), height: side(image.height), filter: .bicubic)
        return withoutGrad {
            network.lastFeatureMap(normalization([shown]).to(network.device), .evaluate).to(.cpu).to(.float32)
        }
    }
}
