import COCO
import DataLoading
import NN
import Support
import Torch
import Training

/// Mask R-CNN: a ResNet, region proposals on maps of it, and predictors of class, box and mask on the features of regions;
/// Faster R-CNN where there are no masks. What the maps and features are is a matter of the design, C4 or FPN. Source: arXiv
/// 1703.06870, as Detectron2's configurations have it.
///
/// N images, R regions, K categories.
public struct MaskRCNN: Module {
    public let options: MaskRCNNOptions
    public let backbone: ResNet
    private let heads: any RegionHeads
    private let rpn: RPN
    private let boxPredictor: BoxPredictor
    /// nil in Faster R-CNN.
    private let maskHead: MaskHead?

    /// - Parameter generator: draws the weights.
    public init(_ options: MaskRCNNOptions, using generator: Generator) {
        self.options = options
        backbone = options.backbone.makeNetwork(
            normalization: options.normalization, frozenParts: options.freezeAt, using: generator)
        heads =
            switch options.design {
            case .c4: C4Heads(on: backbone, options)
            case .fpn: FPNHeads(on: backbone, options, using: generator)
            }
        rpn = RPN(channels: heads.mapChannels, strides: heads.strides, options, using: generator)
        boxPredictor = BoxPredictor(channels: heads.boxChannels, options, using: generator)
        maskHead = options.masks ? MaskHead(channels: heads.maskChannels, options, using: generator) : nil
    }

    // MARK: - Learning

    /// The losses of a batch, by Detectron2's names: five, or four without masks.
    ///
    /// Where other processes have parts of the batch (`ProcessGroup.current`), the mean of all processes' losses is the loss of
    /// the whole: the number of regions that a mean is over is that of all. Detectron2 takes each process's mean by itself,
    /// by which a region weighs more where there are few.
    ///
    /// - Parameter generator: draws the anchors and regions that the losses are computed on, an image's by the image alone.
    public func losses(_ batch: DetectionBatch, using generator: inout SeededGenerator) -> [Loss] {
        let device = batch.images.device
        let maps = heads.maps(batch.images, .train)
        let answers = rpn(maps)
        let gtBoxes = batch.targets.map { Tensor($0.boxes, [$0.count, 4]).to(device) }
        let word = generator.next()
        var generators = batch.sizes.map { SeededGenerator(word, UInt64(bitPattern: Int64($0.imageID))) }
        let (objectness, rpnBox) = rpn.losses(answers, gtBoxes: gtBoxes, using: &generators)
        let proposals = rpn.proposals(answers, sizes: batch.sizes.map { ($0.width, $0.height) }, .train)

        var picked = RegionSample(options)
        withoutGrad {
            for (image, target) in batch.targets.enumerated() {
                picked.add(proposals[image], gtBoxes: gtBoxes[image], target, image: image, using: &generators[image])
            }
        }
        let proposalLosses = [Loss("loss_rpn_cls", objectness), Loss("loss_rpn_loc", rpnBox)]
        // Neither a proposal nor an object anywhere: nothing for the heads to look at. What has none only here goes on with no
        // regions, since normalisations wait for all processes.
        guard let weights = picked.weights else { return proposalLosses }
        let (boxFeatures, maskLosses) = learn(picked, weights.mask, maps)
        let (logits, deltas) = boxPredictor(boxFeatures)
        let (classification, box) = boxLosses(
            logits: logits, deltas: deltas, proposals: Tensor.concatenated(picked.regions).narrowed(1, 1..<5),
            gtBoxes: Tensor.concatenated(picked.gtBoxes), gtClasses: picked.classes, transform: boxPredictor.transform,
            loss: options.boxLoss)
        return [Loss("loss_cls", classification * weights.box), Loss("loss_box_reg", box * weights.box)] + maskLosses + proposalLosses
    }

    /// The features that boxes are predicted from, and the loss of the masks, if there are any.
    private func learn(_ picked: RegionSample, _ weight: Double, _ maps: [Tensor]) -> (boxFeatures: Tensor, maskLosses: [Loss]) {
        let regions = Tensor.concatenated(picked.regions)
        guard let maskHead else { return (heads.boxFeatures(regions, of: maps, .train), []) }
        let foreground = picked.foreground
        let features = heads.features(regions, masked: Tensor(foreground).to(regions.device), of: maps, .train)
        let side = options.maskSize
        let loss = maskLoss(
            logits: maskHead(features.mask, .train), classes: foreground.map { picked.classes[$0] },
            targets: Tensor(picked.maskTargets.map(Float.init), [foreground.count, side, side]))
        return (features.box, [Loss("loss_mask", loss * weight)])
    }

    // MARK: - Answering

    /// The objects found in each image of a batch, in the coordinates of the images as their files have them.
    ///
    /// - Parameter categoryIDs: the dataset's ids, by class.
    public func predict(_ batch: DetectionBatch, categoryIDs: [Int]) -> [[Detection]] {
        zip(instances(batch), batch.sizes).map {
            $0.detections($1, categoryIDs: categoryIDs, pasting: options.maskPasting, maskThreshold: options.maskThreshold)
        }
    }

    /// The objects found in each image of a batch.
    public func instances(_ batch: DetectionBatch) -> [Instances] {
        withoutGrad {
            let maps = heads.maps(batch.images, .evaluate)
            let proposals = rpn.proposals(rpn(maps), sizes: batch.sizes.map { ($0.width, $0.height) }, .evaluate)
            // Regions an image at a time: all of a batch's are more than memory has to hold at once.
            return proposals.enumerated().map { find($1, maps, image: $0, batch.sizes[$0]) }
        }
    }

    private func find(_ proposals: Tensor, _ maps: [Tensor], image: Int, _ size: ImageSizes) -> Instances {
        let regions = Boxes.regions(proposals, image: image)
        let (logits, deltas) = boxPredictor(heads.boxFeatures(regions, of: maps, .evaluate))
        let found = selectDetections(
            boxes: boxPredictor.transform.apply(deltas, to: proposals), scores: logits.softmax(1),
            size: (size.width, size.height), threshold: options.scoreThreshold, iouThreshold: options.nms,
            limit: options.detectionsPerImage)
        let classes = found.classes.ints
        let masks = maskHead.map { head in
            let features = heads.maskFeatures(Boxes.regions(found.boxes, image: image), of: maps, .evaluate)
            return ownMasks(head(features, .evaluate), classes: classes).sigmoid()
        }
        return Instances(boxes: found.boxes, scores: found.scores.floats, classes: classes, masks: masks)
    }

    public func state(_ prefix: String) -> [StateEntry] {
        backbone.state("\(prefix)backbone.") + rpn.state("\(prefix)proposal_generator.") + heads.state(prefix)
            + boxPredictor.state("\(prefix)roi_heads.box_predictor.") + (maskHead?.state("\(prefix)roi_heads.mask_head.") ?? [])
    }
}
