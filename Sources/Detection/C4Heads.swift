import NN
import Torch

/// Three stages of a ResNet make the map, and the fourth one is the head on regions of it. Source: He et al. 2016, appendix
/// A, as Detectron2's `Res5ROIHeads` has it; MoCo (arXiv 1911.05722) for the normalisation after it.
struct C4Heads: RegionHeads {
    let strides = [16]
    let mapChannels: Int
    let boxChannels: Int
    var maskChannels: Int { boxChannels }
    private let backbone: any StagedBackbone
    private let pooler: RegionPooler
    /// After the last stage, where the protocol has one.
    private let norm: BatchNorm?

    init(on backbone: any StagedBackbone, _ options: MaskRCNNOptions) {
        self.backbone = backbone
        mapChannels = backbone.levelBeforeLastStage.channels
        boxChannels = backbone.lastLevel.channels
        pooler = RegionPooler(side: options.poolSize, strides: strides, options)
        norm = options.extraNormalization.map { BatchNorm(backbone.lastLevel.channels, $0) }
    }

    func maps(_ images: Tensor, _ mode: Mode) -> [Tensor] {
        [backbone.featureMapBeforeLastStage(images, mode)]
    }

    func boxFeatures(_ regions: Tensor, of maps: [Tensor], _ mode: Mode) -> Tensor {
        maskFeatures(regions, of: maps, mode).mean([2, 3])
    }

    func maskFeatures(_ regions: Tensor, of maps: [Tensor], _ mode: Mode) -> Tensor {
        let features = backbone.lastStage(pooler(regions, of: maps), mode)
        return norm.map { $0(features, mode) } ?? features
    }

    func features(
        _ regions: Tensor, masked: Tensor, of maps: [Tensor], _ mode: Mode
    ) -> (box: Tensor, mask: Tensor) {
        let features = maskFeatures(regions, of: maps, mode)
        return (features.mean([2, 3]), features.indexSelected(0, masked))
    }

    func state(_ prefix: String) -> [StateEntry] { norm?.state("\(prefix)roi_heads.norm.") ?? [] }
}
