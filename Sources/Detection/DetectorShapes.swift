import NN
import Support

/// A detector's weights as far as names and shapes tell which detector it is, by this suite's names.
public struct DetectorShapes {
    private let weights: NetworkWeights
    /// Without background.
    let classes: Int

    /// - Throws: `UserError` where the weights hold no detector, or one that this suite does not have.
    init(_ weights: NetworkWeights) throws {
        guard weights.network == .detector else {
            throw UserError(
                "holds a backbone alone", file: weights.path, remedy: "a detector is fine-tuned from it: ediy finetune --backbone")
        }
        if let stranger = weights.left.first {
            throw UserError(
                "has \(NetworkWeights.gathered(weights.left)), which this suite's detector does not have", file: weights.path,
                remedy: stranger.contains(".norm.") ? "group normalisation is not known" : "known are Mask and Faster R-CNN, C4 and FPN")
        }
        self.weights = weights
        classes = try Self.shape("roi_heads.box_predictor.cls_score.weight", weights)[0] - 1
        guard classes > 0 else { throw error("has no class but background") }
    }

    var layout: WeightLayout { weights.layout }

    /// Width and height of the anchors of each feature map, where the file says so.
    var anchors: [[(width: Double, height: Double)]] { weights.anchors }

    /// What normalises: what learns counts its batches.
    var normalization: Normalization { weights.names.contains { $0.hasSuffix("num_batches_tracked") } ? .bn : .frozenBN }

    func error(_ problem: String) -> UserError { UserError(problem, file: weights.path) }

    /// - Throws: `UserError` where there is no such tensor, or no tensor of a network.
    func shape(_ name: String) throws -> [Int] { try Self.shape(name, weights) }

    private static func shape(_ name: String, _ weights: NetworkWeights) throws -> [Int] {
        guard let tensor = weights[name] else { throw UserError("has no \(name), by this suite's names", file: weights.path) }
        guard !tensor.shape.isEmpty, tensor.shape.allSatisfy({ (1...1 << 20).contains($0) }) else {
            throw UserError("has the shape \(tensor.shape)", file: weights.path, at: name)
        }
        return tensor.shape
    }

    /// Whether any name begins so.
    func has(_ prefix: String) -> Bool { weights.names.contains { $0.hasPrefix(prefix) } }

    /// How many layers are named so, from 1 on.
    func count(_ prefix: String) -> Int { (1...999).first { weights["\(prefix)\($0).weight"] == nil }.map { $0 - 1 } ?? 0 }
}
