import Detection
import Foundation
import NN
import Support
import Testing
import Torch

@Suite struct DetectorWeightsTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID())").path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func options(_ design: MaskRCNNOptions.Design, masks: Bool = true, extraNorm: Bool = false, depth: ResNet.Depth = .r18) -> MaskRCNNOptions {
        var options = MaskRCNNOptions(design)
        options.depth = depth
        options.width = 4
        options.classes = 3
        options.masks = masks
        options.extraNorm = extraNorm
        options.pyramidChannels = 8
        options.boxLayerSize = 12
        options.maskChannels = 6
        return options
    }

    @Test(arguments: [
        (MaskRCNNOptions.Design.c4, true, false, WeightLayout.detectron2), (.c4, true, true, .detectron2), (.c4, false, false, .ediy),
        (.fpn, true, false, .detectron2), (.fpn, true, true, .detectron2), (.fpn, false, true, .ediy), (.fpn, true, false, .torchvision),
        (.fpn, false, false, .torchvision),
    ])
    func aDetectorComesBackWhole(_ design: MaskRCNNOptions.Design, _ masks: Bool, _ extraNorm: Bool, _ layout: WeightLayout) throws {
        let given = options(design, masks: masks, extraNorm: extraNorm)
        let detector = MaskRCNN(given, using: Generator(seed: 1))
        let (own, theirs) = ("\(folder)/own.safetensors", "\(folder)/theirs.pth")
        try SafeTensors.write(detector.stateDict, to: own)
        let weights = try NetworkWeights(WeightFile(own))
        #expect(weights.layout == .ediy && weights.left.isEmpty)
        try WeightWriter.write(weights.tensors(as: layout), as: .pth, wrapped: true, to: theirs)

        let read = try NetworkWeights(WeightFile(theirs))
        #expect(read.layout == layout && read.network == .detector && read.prefix == "model." && read.left.isEmpty)
        let found = try MaskRCNNOptions(of: read)
        #expect(found.design == design && found.masks == masks && found.extraNorm == extraNorm && found.depth == .r18)
        #expect(found.width == 4 && found.classes == 3 && found.poolSize == given.poolSize && found.maskConvolutions == given.maskConvolutions)
        let other = MaskRCNN(found, using: Generator(seed: 2))
        try read.restore(other.state(""))
        for (a, b) in zip(detector.state(""), other.state("")) {
            #expect(a.name == b.name && a.tensor.floats == b.tensor.floats, "\(a.name)")
        }
    }

    @Test func torchvisionsBackgroundComesFirst() throws {
        let detector = MaskRCNN(options(.fpn), using: Generator(seed: 1))
        let own = "\(folder)/own.safetensors"
        try SafeTensors.write(detector.stateDict, to: own)
        let theirs = try NetworkWeights(WeightFile(own)).tensors(as: .torchvision)
        func values(_ name: String) throws -> Tensor { try #require(theirs.first { $0.name == name }).tensor.tensor() }
        let ours = detector.stateDict
        let score = try #require(ours["roi_heads.box_predictor.cls_score.weight"])
        let theirScore = try values("roi_heads.box_predictor.cls_score.weight")
        #expect(theirScore.narrowed(0, 0..<1).floats == score.narrowed(0, 3..<4).floats)
        #expect(theirScore.narrowed(0, 1..<4).floats == score.narrowed(0, 0..<3).floats)
        #expect(try values("roi_heads.box_predictor.bbox_pred.bias").shape == [16])
        #expect(try values("roi_heads.mask_predictor.mask_fcn_logits.weight").shape == [4, 6, 1, 1])
        #expect(try values("roi_heads.mask_predictor.mask_fcn_logits.weight").narrowed(0, 0..<1).floats.allSatisfy { $0 == 0 })
    }

    @Test func halfADetectorIsRefused() throws {
        func refusal(_ change: (inout StateDict) -> Void) throws -> String {
            var dict = MaskRCNN(options(.c4), using: Generator(seed: 1)).stateDict
            change(&dict)
            let path = "\(folder)/\(UUID()).safetensors"
            try SafeTensors.write(dict, to: path)
            let weights = try NetworkWeights(WeightFile(path))
            do {
                let found = try MaskRCNNOptions(of: weights)
                try weights.restore(MaskRCNN(found, using: Generator(seed: 2)).state(""))
                return ""
            } catch let error as UserError { return "\(error)" }
        }
        #expect(try refusal { _ in }.isEmpty)
        #expect(try refusal { $0["roi_heads.mask_head.deconv.bias"] = nil }.contains("roi_heads.mask_head.deconv.bias"))
        #expect(try refusal { $0["backbone.layer4.1.conv2.weight"] = nil }.contains("backbone.layer4.1.conv2.weight"))
        #expect(try refusal { $0["roi_heads.keypoint_head.score.weight"] = Tensor.ones([2]) }.contains("roi_heads.keypoint_head"))
        #expect(try refusal { $0["roi_heads.box_predictor.cls_score.bias"] = Tensor.ones([7]) }.contains("[7]"))
        #expect(try refusal { $0["roi_heads.box_predictor.cls_score.weight"] = Tensor.ones([1, 1]) }.contains("background"))
        #expect(try refusal { $0["backbone.conv1.weight"] = Tensor.ones([]) }.contains("shape []"))
    }
}
