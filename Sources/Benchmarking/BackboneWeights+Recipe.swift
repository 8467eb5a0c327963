import DataLoading
import Detection
import NN
import Support

extension BackboneWeights {
    /// Says on standard error what was found, unless it is just what was looked for, and what of the recipe does not fit it.
    func tell(_ options: FineTuningOptions) {
        if weights.layout != .torchvision || !weights.prefix.isEmpty || !weights.left.isEmpty { StandardError.line(summary) }
        if let warning = warning(options) { StandardError.line(warning) }
    }

    /// What of the recipe does not fit the weights, with what to change; nil where all does.
    private func warning(_ options: FineTuningOptions) -> String? {
        let wanted = weights.convention
        let given = options.input.normalization
        func differ(_ a: [Double], _ b: [Double]) -> Bool { zip(a, b).contains { abs($0 - $1) > 0.5 } }
        var changes: [String] = []
        if wanted.isBGR != (given.order == .bgr) { changes.append("channel_order: \(wanted.isBGR ? "bgr" : "rgb")") }
        if differ(wanted.mean, given.mean) { changes.append("pixel_mean: \(wanted.mean)") }
        if differ(wanted.deviation, given.deviation) { changes.append("pixel_std: \(wanted.deviation)") }
        if let resNet = options.detector.backbone as? ResNetOptions, resNet.depth.usesBottlenecks, wanted.strideIn1x1 != resNet.strideIn1x1
        {
            changes.append("stride_in_1x1: \(wanted.strideIn1x1)")
        }
        // By `bn` and by `sync_bn`, statistics that are multiplied into the scales would be learned anew.
        if weights.hasFoldedStatistics, options.detector.normalization.learns {
            changes.append("normalization: \(Normalization.frozenBN.rawValue)")
        }
        guard !changes.isEmpty else { return nil }
        return "\(path): warning: these weights expect \(wanted.text) (\(wanted.reason)), and the recipe has it otherwise; "
            + "in its section detection, set \(changes.joined(separator: ", "))"
    }
}
