import DataLoading
import Detection
import NN
import Support

/// A weight file that a detector's backbone begins with.
struct BackboneFile {
    private let weights: NetworkWeights
    /// By torchvision's names.
    let state: StateDict

    /// - Throws: `UserError` when the file holds no ResNet, or a part of one.
    init(_ path: String) throws {
        weights = try NetworkWeights(WeightFile(path))
        let missing = weights.missingInBackbone
        guard missing.isEmpty else {
            throw UserError(
                "holds a part of a backbone: it has no \(missing.prefix(3).joined(separator: ", ")), \(missing.count) in all", file: path,
                remedy: "ediy weights inspect says what is in it")
        }
        var state = StateDict()
        for (name, tensor) in weights.backbone { state[name] = tensor.tensor() }
        self.state = state
    }

    /// Says on standard error what was found, unless it is just what was looked for, and what of the recipe does not fit it.
    func tell(_ options: FineTuningOptions) {
        if weights.layout != .torchvision || !weights.prefix.isEmpty || !weights.left.isEmpty { StandardError.line(found) }
        if let warning = Self.warning(weights, options) { StandardError.line(warning) }
    }

    private var found: String {
        let depth = weights.depth.map { "ResNet-\($0.rawValue)" } ?? "a ResNet"
        let below = weights.prefix.isEmpty ? "" : " below \(weights.prefix)"
        var line = "\(weights.path): \(depth), \(weights.layout.title) names\(below), \(state.names.count) tensors"
        if !weights.left.isEmpty { line += "; left: \(NetworkWeights.gathered(weights.left))" }
        if !weights.others.isEmpty { line += "; not taken: \(weights.others.joined(separator: ", "))" }
        return line
    }

    /// What of the recipe does not fit the weights, with what to change; nil where all does.
    static func warning(_ weights: NetworkWeights, _ options: FineTuningOptions) -> String? {
        let wanted = weights.convention
        let given = options.input.normalization
        func differ(_ a: [Double], _ b: [Double]) -> Bool { zip(a, b).contains { abs($0 - $1) > 0.5 } }
        var changes: [String] = []
        if wanted.isBGR != (given.order == .bgr) { changes.append("channel_order: \(wanted.isBGR ? "bgr" : "rgb")") }
        if differ(wanted.mean, given.mean) { changes.append("pixel_mean: \(wanted.mean)") }
        if differ(wanted.deviation, given.deviation) { changes.append("pixel_std: \(wanted.deviation)") }
        if wanted.strideIn1x1 != options.detector.strideIn1x1, options.detector.depth.rawValue >= 50 {
            changes.append("stride_in_1x1: \(wanted.strideIn1x1)")
        }
        if weights.hasFoldedStatistics, options.detector.normalization == .bn { changes.append("normalization: frozen_bn") }
        guard !changes.isEmpty else { return nil }
        return "\(weights.path): warning: these weights expect \(wanted.text) (\(wanted.reason)), and the recipe has it otherwise; "
            + "in its section detection, set \(changes.joined(separator: ", "))"
    }
}
