import Data
import NN
import Support
import Torch

extension ResNet {
    /// The backbone that a weight file with torchvision's names holds, its depth and width read off the tensors' shapes.
    ///
    /// - Throws: `UserError` naming what is missing, or of another shape.
    public init(_ weights: StateDict, file: String) throws {
        guard let stem = weights["conv1.weight"]?.shape, stem.count == 4, let width = stem.first, (1...1024).contains(width) else {
            throw UserError(
                "has no conv1.weight of a ResNet", file: file,
                remedy: "the file's first names are \(weights.names.prefix(3)); torchvision's are expected")
        }
        func has(_ name: String) -> Bool { weights[name] != nil }
        let hasBottlenecks = has("layer1.0.conv3.weight")
        let depth: Depth =
            switch (has("layer3.6.conv1.weight"), has("layer3.2.conv1.weight"), hasBottlenecks) {
            case (true, _, _): .r101
            case (false, true, true): .r50
            case (false, true, false): .r34
            default: .r18
            }
        // Before memory is taken for a network of that width.
        guard weights["layer4.0.conv1.weight"]?.shape.first == 8 * width else {
            throw UserError("has no layer4.0.conv1.weight of \(8 * width) outputs", file: file, remedy: "check that it is a ResNet")
        }
        self.init(depth, width: width, using: Generator(seed: 0))
        try load(weights, file: file)
    }

    /// Pooled features of the last map: (N, 3, S, S) bytes → (N, C).
    func pooledFeatures(_ images: Tensor) -> Tensor {
        withoutGrad {
            features(PixelNormalization.imageNet(images.to(conv1.weight.device)), .evaluate).to(.float32).mean([2, 3])
        }
    }
}
