import COCO
import Data
import NN
import Support
import Torch
import Training

/// Mask R-CNN with a C4 backbone: three stages of a ResNet make the map, the fourth one is the head on regions of it.
/// Source: arXiv 1703.06870, as Detectron2's R50-C4 configuration has it.
///
/// N images, R regions, K categories.
public struct MaskRCNN: Module {
    public let options: MaskRCNNOptions
    public let backbone: ResNet
    private let rpn: RPN
    /// After the last stage, where the protocol has one.
    private let extraNorm: BatchNorm?
    private let boxHead: BoxHead
    private let maskHead: MaskHead

    /// - Parameter generator: draws the weights.
    public init(_ options: MaskRCNNOptions, using generator: Generator) {
        self.options = options
        backbone = ResNet(options.depth, width: options.width, normalization: options.normalization, using: generator)
        let channels = backbone.outputChannels
        rpn = RPN(channels: channels[2], options, using: generator)
        extraNorm = options.extraNorm ? BatchNorm(channels[3], options.normalization) : nil
        boxHead = BoxHead(channels: channels[3], options, using: generator)
        maskHead = MaskHead(channels: channels[3], options, using: generator)
    }

    /// (N, 3, H, W) → (N, C, H/16, W/16)
    private func features(_ images: Tensor, _ mode: Mode) -> Tensor {
        let b = backbone
        return b.layer3(b.layer2(b.layer1(b.stem(images, mode), mode), mode), mode)
    }

    /// Regions (R, 5) of the map → (R, C, S/2, S/2)
    private func regionFeatures(_ map: Tensor, _ regions: Tensor, _ mode: Mode) -> Tensor {
        let pooled = map.roiAligned(
            regions, height: options.poolSize, width: options.poolSize, scale: 1 / Double(MaskRCNNOptions.stride))
        let features = backbone.layer4(pooled, mode)
        return extraNorm.map { $0(features, mode) } ?? features
    }

    // MARK: - Learning

    /// The five losses of a batch, by Detectron2's names.
    ///
    /// - Parameter generator: draws the anchors and regions that the losses are computed on.
    public func losses(_ batch: DetectionBatch, using generator: inout SeededGenerator) -> [Loss] {
        let device = batch.images.device
        let map = features(batch.images, .train)
        let answer = rpn(map)
        let gtBoxes = batch.targets.map { Tensor($0.boxes, [$0.count, 4]).to(device) }
        let (objectness, rpnBox) = rpn.losses(answer, gtBoxes: gtBoxes, using: &generator)
        let proposals = rpn.proposals(answer, sizes: batch.sizes.map { ($0.width, $0.height) }, .train)

        var picked = RegionSample()
        for (image, target) in batch.targets.enumerated() {
            withoutGrad { sample(proposals[image], gtBoxes[image], target, image: image, into: &picked, using: &generator) }
        }
        let proposalLosses = [Loss("loss_rpn_cls", objectness), Loss("loss_rpn_loc", rpnBox)]
        // Neither a proposal nor an object: nothing for the heads to look at.
        guard !picked.classes.isEmpty else { return proposalLosses }
        let regions = Tensor.concatenated(picked.regions)
        let features = regionFeatures(map, regions, .train)
        let (logits, deltas) = boxHead(features.mean([2, 3]))
        let (classification, box) = boxLosses(
            logits: logits, deltas: deltas, proposals: regions.narrowed(1, 1..<5),
            gtBoxes: Tensor.concatenated(picked.gtBoxes), gtClasses: picked.classes, transform: boxHead.transform)

        let foreground = picked.foreground
        let maskLogits = maskHead(features.indexSelected(0, Tensor(foreground).to(device)))
        let side = options.maskSize
        let mask = maskLoss(
            logits: maskLogits, classes: foreground.map { picked.classes[$0] },
            targets: Tensor(picked.maskTargets.map(Float.init), [foreground.count, side, side]))
        return [
            Loss("loss_cls", classification), Loss("loss_box_reg", box), Loss("loss_mask", mask),
        ] + proposalLosses
    }

    /// The regions of a batch that the heads learn from.
    private struct RegionSample {
        var regions: [Tensor] = []
        var gtBoxes: [Tensor] = []
        var classes: [Int] = []
        /// Places of the regions that lie on objects.
        var foreground: [Int] = []
        var maskTargets: [UInt8] = []
    }

    /// Draws the regions of one image, the objects' own boxes among them.
    private func sample(
        _ proposals: Tensor, _ gtBoxes: Tensor, _ target: DetectionTarget, image: Int, into sample: inout RegionSample,
        using generator: inout SeededGenerator
    ) {
        let boxes = Tensor.concatenated([proposals, gtBoxes])
        let matcher = Matcher(low: options.roiIoU, high: options.roiIoU, keepsBestOfEachObject: false)
        let (matches, labels) = matcher(Boxes.iou(gtBoxes, boxes))
        let (positives, negatives) = Sampler(count: options.roiBatch, positiveFraction: options.roiPositiveFraction)(
            labels, using: &generator)
        let drawn = positives + negatives
        let places = Tensor(drawn).to(boxes.device)
        let chosen = boxes.indexSelected(0, places)
        let objects = matches.indexSelected(0, places)
        let objectOf = objects.ints
        sample.foreground += positives.indices.map { $0 + sample.classes.count }
        sample.classes += drawn.indices.map { $0 < positives.count ? target.classes[objectOf[$0]] : options.classes }
        sample.regions.append(Boxes.regions(chosen, image: image))
        sample.gtBoxes.append(target.count > 0 ? gtBoxes.indexSelected(0, objects) : chosen)
        let corners = chosen.floats
        for i in positives.indices {
            sample.maskTargets += maskTarget(
                polygons: target.polygons[objectOf[i]], box: Array(corners[4 * i..<4 * i + 4]), side: options.maskSize)
        }
    }

    // MARK: - Answering

    /// The objects found in each image of a batch, in the coordinates of the images as their files have them.
    ///
    /// - Parameter categoryIDs: the dataset's ids, by class.
    public func predict(_ batch: DetectionBatch, categoryIDs: [Int]) -> [[Detection]] {
        withoutGrad {
            let map = features(batch.images, .evaluate)
            let proposals = rpn.proposals(rpn(map), sizes: batch.sizes.map { ($0.width, $0.height) }, .evaluate)
            return batch.sizes.indices.map { detect(map, proposals[$0], image: $0, batch.sizes[$0], categoryIDs) }
        }
    }

    private func detect(
        _ map: Tensor, _ proposals: Tensor, image: Int, _ size: ImageSizes, _ categoryIDs: [Int]
    ) -> [Detection] {
        guard proposals.size(0) > 0 else { return [] }
        let pooled = regionFeatures(map, Boxes.regions(proposals, image: image), .evaluate).mean([2, 3])
        let (logits, deltas) = boxHead(pooled)
        let found = selectDetections(
            boxes: boxHead.transform.apply(deltas, to: proposals), scores: logits.softmax(1),
            size: (size.width, size.height), threshold: options.scoreThreshold, iouThreshold: options.nms,
            limit: options.detectionsPerImage)
        let count = found.boxes.size(0)
        guard count > 0 else { return [] }
        let features = regionFeatures(map, Boxes.regions(found.boxes, image: image), .evaluate)
        let side = options.maskSize
        let classes = found.classes.ints
        let own = Tensor(classes.enumerated().map { $0 * options.classes + $1 }).to(map.device)
        let masks = maskHead(features).reshaped([-1, side, side]).indexSelected(0, own).sigmoid().floats
        let scale = (
            Float(size.originalWidth) / Float(size.width), Float(size.originalHeight) / Float(size.height)
        )
        let (boxes, scores) = (found.boxes.floats, found.scores.floats)
        return (0..<count).compactMap { i in
            let box = (0..<4).map { c -> Float in
                let limit = Float(c % 2 == 0 ? size.originalWidth : size.originalHeight)
                return min(max(boxes[4 * i + c] * (c % 2 == 0 ? scale.0 : scale.1), 0), limit)
            }
            guard box[2] > box[0], box[3] > box[1] else { return nil }
            let mask = pastedMask(
                Array(masks[i * side * side..<(i + 1) * side * side]), side: side, box: box, width: size.originalWidth,
                height: size.originalHeight)
            let corners = box.map(Double.init)
            return Detection(
                imageID: size.imageID, categoryID: categoryIDs[classes[i]],
                box: Box(x: corners[0], y: corners[1], width: corners[2] - corners[0], height: corners[3] - corners[1]),
                score: Double(scores[i]), mask: mask)
        }
    }

    public func state(_ prefix: String) -> [StateEntry] {
        backbone.state("\(prefix)backbone.") + rpn.state("\(prefix)proposal_generator.")
            + (extraNorm?.state("\(prefix)roi_heads.norm.") ?? [])
            + boxHead.state("\(prefix)roi_heads.box_predictor.") + maskHead.state("\(prefix)roi_heads.mask_head.")
    }
}
