import COCO
import DataLoading
import NN
import Support
import Torch
import Training

/// Generalised R-CNN: a backbone, a neck that makes feature maps of its own, proposals on these, and heads that predict of
/// ROIs. With a box and a mask head it is Mask R-CNN (arXiv 1703.06870), with a box head alone Faster R-CNN (arXiv 1506.01497);
/// numbers and names are those of Detectron2's configurations.
///
/// N images.
public struct RCNN: Module {
    public let options: RCNNOptions
    public let backbone: any Backbone
    private let neck: any Neck
    private let rpn: RPN
    private let heads: [any ROIHead]

    /// - Parameter generator: draws the weights.
    public init(_ options: RCNNOptions, using generator: Generator) {
        self.options = options
        let backbone = options.backbone.makeNetwork(
            normalization: options.normalization, frozenParts: options.freezeAt, using: generator)
        self.backbone = backbone
        neck = options.neck.makeNeck(
            on: backbone, pooling: options.pooling, normalization: options.normalization, using: generator)
        let features = options.neck.roiFeatures(on: options.backbone)
        let finishing = options.heads.map {
            $0.makeHead(on: features, classes: options.classes, normalization: options.normalization, using: generator)
        }
        rpn = RPN(options.rpn, levels: options.levels, using: generator)
        heads = finishing.map { $0() }
    }

    /// The losses of a batch, by Detectron2's names: five, or four without masks.
    ///
    /// Where other processes have parts of the batch (`ProcessGroup.current`), the mean of all processes' losses is the loss of
    /// the whole: the number of ROIs that a mean is over is that of all. Detectron2 takes each process's mean by itself, by which
    /// an ROI weighs more where there are few.
    ///
    /// - Parameter generator: draws the anchors and ROIs that the losses are computed on, an image's by the image alone.
    public func losses(_ batch: DetectionBatch, using generator: inout SeededGenerator) -> [Loss] {
        let device = batch.images.device
        let maps = neck.featureMaps(batch.images, .train)
        let predictions = rpn(maps)
        let gtBoxes = batch.targets.map { Tensor($0.boxes, [$0.count, 4]).to(device) }
        let word = generator.next()
        var generators = batch.sizes.map { SeededGenerator(word, UInt64(bitPattern: Int64($0.imageID))) }
        let proposalLosses = rpn.losses(predictions, gtBoxes: gtBoxes, using: &generators)
        let proposals = rpn.proposals(predictions, sizes: batch.sizes.map { ($0.width, $0.height) }, .train)
        let sample = withoutGrad {
            ROISample.draw(
                options.sampling, proposals: proposals, gtBoxes: gtBoxes, targets: batch.targets, background: options.classes,
                using: &generators)
        }
        // Neither a proposal nor an object anywhere: nothing for the heads to look at.
        guard let sample else { return proposalLosses }
        let features = neck.roiFeatures(sample.rois, of: maps, .train)
        return heads.flatMap { $0.losses(sample, features) } + proposalLosses
    }

    /// The objects found in each image of a batch, in the coordinates of the images as their files have them.
    ///
    /// - Parameter categoryIDs: the dataset's ids, by class.
    public func predict(_ batch: DetectionBatch, categoryIDs: [Int]) -> [[Detection]] {
        zip(instances(batch), batch.sizes).map { $0.detections($1, categoryIDs: categoryIDs) }
    }

    /// The objects found in each image of a batch.
    public func instances(_ batch: DetectionBatch) -> [Instances] {
        withoutGrad {
            let maps = neck.featureMaps(batch.images, .evaluate)
            let sizes = batch.sizes.map { (width: $0.width, height: $0.height) }
            // ROIs image by image: all of a batch's are more than memory has to hold at once.
            return rpn.proposals(rpn(maps), sizes: sizes, .evaluate).enumerated().map { image, proposals in
                heads.reduce(Instances(proposals: proposals)) { found, head in
                    let features = neck.roiFeatures(Boxes.rois(found.boxes, image: image), of: maps, .evaluate)
                    return head.predictions(found, features, size: sizes[image])
                }
            }
        }
    }

    public func state(_ prefix: String) -> [StateEntry] {
        backbone.state("\(prefix)backbone.") + rpn.state("\(prefix)proposal_generator.") + neck.state(prefix)
            + heads.flatMap { $0.state("\(prefix)roi_heads.") }
    }
}
