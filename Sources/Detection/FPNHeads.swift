import NN
import Torch

/// A pyramid of maps, and regions pooled from the one that fits their size: 7 × 7 for the box, 14 × 14 for the mask. Source:
/// arXiv 1612.03144, as Detectron2's `StandardROIHeads` on `FPN` has it.
struct FPNHeads: RegionHeads {
    let strides = [4, 8, 16, 32, 64]
    let mapChannels: Int
    let boxChannels: Int
    var maskChannels: Int { mapChannels }
    private let backbone: any Backbone
    private let pyramid: FeaturePyramid
    private let boxPooler: RegionPooler
    private let maskPooler: RegionPooler
    private let boxHead: BoxHead

    init(on backbone: any Backbone, _ options: MaskRCNNOptions, using generator: Generator) {
        self.backbone = backbone
        mapChannels = options.pyramidChannels
        pyramid = FeaturePyramid(
            from: backbone.levels.map(\.channels), to: options.pyramidChannels, normalization: options.extraNormalization,
            using: generator)
        // The coarsest map is for proposals alone.
        let pooled = Array(strides.dropLast())
        boxPooler = RegionPooler(side: options.poolSize, strides: pooled, options)
        maskPooler = RegionPooler(side: options.maskPoolSize, strides: pooled, options)
        boxHead = BoxHead(channels: mapChannels, options, using: generator)
        boxChannels = boxHead.outputChannels
    }

    func maps(_ images: Tensor, _ mode: Mode) -> [Tensor] { pyramid(backbone.featureMaps(images, mode), mode) }

    func boxFeatures(_ regions: Tensor, of maps: [Tensor], _ mode: Mode) -> Tensor {
        boxHead(boxPooler(regions, of: maps), mode)
    }

    func maskFeatures(_ regions: Tensor, of maps: [Tensor], _ mode: Mode) -> Tensor { maskPooler(regions, of: maps) }

    func features(
        _ regions: Tensor, masked: Tensor, of maps: [Tensor], _ mode: Mode
    ) -> (box: Tensor, mask: Tensor) {
        (boxFeatures(regions, of: maps, mode), maskFeatures(regions.indexSelected(0, masked), of: maps, mode))
    }

    func state(_ prefix: String) -> [StateEntry] {
        pyramid.state("\(prefix)backbone.") + boxHead.state("\(prefix)roi_heads.box_head.")
    }
}
