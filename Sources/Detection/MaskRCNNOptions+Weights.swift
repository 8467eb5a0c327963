import NN
import Support

extension MaskRCNNOptions {
    /// The detector whose weights these are, by their names and shapes. What no shape tells has the value of Detectron2's
    /// configuration, or torchvision's for its own.
    ///
    /// - Throws: `UserError` naming what is missing, or what this suite's detector does not have.
    public init(of weights: NetworkWeights) throws {
        func fail(_ problem: String, _ remedy: String? = nil) -> UserError { UserError(problem, file: weights.path, remedy: remedy) }
        func shape(_ name: String) throws -> [Int] {
            guard let tensor = weights[name] else { throw fail("has no \(name), by this suite's names") }
            guard !tensor.shape.isEmpty, tensor.shape.allSatisfy({ (1...1 << 20).contains($0) }) else {
                throw UserError("has the shape \(tensor.shape)", file: weights.path, at: name)
            }
            return tensor.shape
        }
        func has(_ prefix: String) -> Bool { weights.names.contains { $0.hasPrefix(prefix) } }
        func count(_ prefix: String) -> Int { (1...999).first { weights["\(prefix)\($0).weight"] == nil }.map { $0 - 1 } ?? 0 }

        guard weights.network == .detector else {
            throw fail("holds a backbone alone", "a detector is fine-tuned from it: ediy finetune --backbone")
        }
        if let stranger = weights.left.first {
            throw fail(
                "has \(NetworkWeights.gathered(weights.left)), which this suite's detector does not have",
                stranger.contains(".norm.") ? "group normalisation is not known" : "known are Mask and Faster R-CNN, C4 and FPN")
        }
        self.init(has("backbone.fpn_") ? .fpn : .c4)
        guard let depth = weights.depth else { throw fail("has a ResNet of an unknown depth", "known are 18, 34, 50 and 101") }
        self.depth = depth
        width = try shape("backbone.conv1.weight")[0]
        normalization = weights.names.contains { $0.hasSuffix("num_batches_tracked") } ? .bn : .frozenBN
        strideIn1x1 = weights.convention.strideIn1x1
        extraNorm = has("roi_heads.norm.") || has("backbone.fpn_lateral2.norm.")
        classes = try shape("roi_heads.box_predictor.cls_score.weight")[0] - 1
        guard classes > 0 else { throw fail("has no class but background") }
        classAgnosticBoxes = try classes > 1 && shape("roi_heads.box_predictor.bbox_pred.weight")[0] == 4
        masks = has("roi_heads.mask_head.")
        if masks {
            maskConvolutions = count("roi_heads.mask_head.mask_fcn")
            maskChannels = try shape("roi_heads.mask_head.predictor.weight")[1...].first ?? maskChannels
        }
        if design == .fpn {
            pyramidChannels = try shape("backbone.fpn_output2.weight")[0]
            try readBoxHead(weights, convolutions: count("roi_heads.box_head.conv"), layers: count("roi_heads.box_head.fc"))
        }
        readAnchors(weights)
        if weights.layout == .torchvision {
            anchorsRounded = true
            roiAligned = false
            samplingRatio = 2
            maskPasting = .resized
        }
    }

    private mutating func readBoxHead(_ weights: NetworkWeights, convolutions: Int, layers: Int) throws {
        (boxConvolutions, boxLayers) = (convolutions, layers)
        var channels = pyramidChannels
        if let tensor = weights["roi_heads.box_head.conv1.weight"], let outputs = tensor.shape.first {
            boxConvolutionChannels = outputs
            channels = outputs
        }
        let first = weights["roi_heads.box_head.fc1.weight"]?.shape
        if let first { boxLayerSize = first[0] }
        // A row of what follows the pooled region spans all of its cells.
        let length = first ?? weights["roi_heads.box_predictor.cls_score.weight"]?.shape ?? []
        guard length.count == 2, let side = (1...64).first(where: { $0 * $0 * channels == length[1] }) else {
            throw UserError("has a box head of an unknown size", file: weights.path)
        }
        poolSize = side
    }

    /// Those that the file has as buffers, as Detectron2's older ones do.
    private mutating func readAnchors(_ weights: NetworkWeights) {
        let maps = weights.anchors
        guard maps.count == (design == .fpn ? 5 : 1),
            maps.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.width > 0 && $0.height > 0 && ($0.width * $0.height).isFinite } })
        else { return }
        // Sizes are outermost: the ratios of a map's first size are those of all.
        let first = maps[0].map { $0.width * $0.height }
        let ratios = first.prefix { abs($0 / first[0] - 1) < 0.01 }.count
        anchorRatios = maps[0].prefix(ratios).map { Self.tidied($0.height / $0.width) }
        anchorSizes = maps.flatMap { map in
            stride(from: 0, to: map.count, by: ratios).map { Self.tidied((map[$0].width * map[$0].height).squareRoot()) }
        }
    }

    /// Without the rounding of single precision.
    private static func tidied(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
}
