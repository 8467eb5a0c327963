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

    /// What can be normalised outside of the backbone.
    enum Norm: CaseIterable {
        case res5, neck, boxHead, maskHead

        func set(_ isOn: Bool, in options: inout RCNNOptions) {
            switch self {
            case .res5: options.c4?.norm = isOn
            case .neck: options.fpn?.norm = isOn
            case .boxHead: options.box.layers?.norm = isOn
            case .maskHead: options.mask?.norm = isOn
            }
        }

        /// Where it has anything to normalise.
        func isOn(in options: RCNNOptions) -> Bool {
            switch self {
            case .res5: options.c4?.norm ?? false
            case .neck: options.fpn?.norm ?? false
            case .boxHead: options.box.layers.map { $0.norm && $0.convolutions > 0 } ?? false
            case .maskHead: options.mask.map { $0.norm && $0.convolutions > 0 } ?? false
            }
        }
    }

    private func options(_ design: RCNNOptions.Design, masks: Bool = true, norms: [Norm] = [], depth: ResNet.Depth = .r18) -> RCNNOptions {
        var options = RCNNOptions(design)
        options.backbone = ResNetOptions(depth, width: 4)
        options.classes = 3
        if !masks { options.mask = nil }
        for norm in Norm.allCases { norm.set(norms.contains(norm), in: &options) }
        options.fpn?.channels = 8
        options.box.layers?.layerSize = 12
        options.mask?.channels = 6
        return options
    }

    @Test(
        arguments: [
            (RCNNOptions.Design.c4, true, [], WeightLayout.detectron2), (.c4, true, [.res5], .detectron2), (.c4, false, [], .ediy),
            (.fpn, true, [], .detectron2), (.fpn, true, [.neck, .maskHead], .detectron2), (.fpn, false, [.neck], .ediy),
            // MoCo's FPN: standard heads on a normalised pyramid.
            (.fpn, true, [.neck], .detectron2), (.fpn, true, [.maskHead], .detectron2),
            (.fpn, true, [], .torchvision), (.fpn, false, [], .torchvision),
        ] as [(RCNNOptions.Design, Bool, [Norm], WeightLayout)])
    func aDetectorComesBackWhole(_ design: RCNNOptions.Design, _ masks: Bool, _ norms: [Norm], _ layout: WeightLayout) throws {
        let given = options(design, masks: masks, norms: norms)
        let detector = RCNN(given, using: Generator(seed: 1))
        let (own, theirs) = ("\(folder)/own.safetensors", "\(folder)/theirs.pth")
        try SafeTensors.write(detector.stateDict, to: own)
        let weights = try NetworkWeights(WeightFile(own))
        #expect(weights.layout == .ediy && weights.left.isEmpty)
        try WeightWriter.write(weights.tensors(as: layout), as: .pth, wrapped: true, to: theirs)

        let read = try NetworkWeights(WeightFile(theirs))
        #expect(read.layout == layout && read.network == .detector && read.prefix == "model." && read.left.isEmpty)
        let found = try RCNNOptions(of: read)
        #expect(found.design == design && (found.mask != nil) == masks && found.backbone.word == "r18")
        for norm in Norm.allCases { #expect(norm.isOn(in: found) == norm.isOn(in: given), "\(norm)") }
        #expect(found.backbone.width == 4 && found.classes == 3 && found.box.layers?.poolSize == given.box.layers?.poolSize)
        #expect(found.mask?.convolutions == given.mask?.convolutions)
        let other = RCNN(found, using: Generator(seed: 2))
        try read.restore(other.state(""))
        for (a, b) in zip(detector.state(""), other.state("")) {
            #expect(a.name == b.name && a.tensor.floats == b.tensor.floats, "\(a.name)")
        }
    }

    @Test func eachNormalisationIsReadByItself() throws {
        var given = options(.fpn)
        given.box.layers?.convolutions = 2
        given.box.layers?.convolutionChannels = 8
        given.box.layers?.layers = 1
        let path = "\(folder)/norms.safetensors"
        for norms in [[], [.neck], [.boxHead], [.maskHead], [.boxHead, .maskHead], [.neck, .boxHead, .maskHead]] as [[Norm]] {
            for norm in Norm.allCases { norm.set(norms.contains(norm), in: &given) }
            let detector = RCNN(given, using: Generator(seed: 1))
            try SafeTensors.write(detector.stateDict, to: path)
            let weights = try NetworkWeights(WeightFile(path)), found = try RCNNOptions(of: weights)
            #expect(Norm.allCases.filter { $0.isOn(in: found) } == norms)
            try weights.restore(RCNN(found, using: Generator(seed: 2)).state(""))
        }
    }

    @Test func torchvisionsBackgroundComesFirst() throws {
        let detector = RCNN(options(.fpn), using: Generator(seed: 1))
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
            var dict = RCNN(options(.c4), using: Generator(seed: 1)).stateDict
            change(&dict)
            let path = "\(folder)/\(UUID()).safetensors"
            try SafeTensors.write(dict, to: path)
            let weights = try NetworkWeights(WeightFile(path))
            do {
                let found = try RCNNOptions(of: weights)
                try weights.restore(RCNN(found, using: Generator(seed: 2)).state(""))
                return ""
            } catch let error as UserError { return "\(error)" }
        }
        #expect(try refusal { _ in }.isEmpty)
        #expect(try refusal { $0["roi_heads.mask_head.deconv.bias"] = nil }.contains("roi_heads.mask_head.deconv.bias"))
        #expect(try refusal { $0["backbone.layer4.1.conv2.weight"] = nil }.contains("backbone.layer4.1.conv2.weight"))
        #expect(try refusal { $0["roi_heads.keypoint_head.score.weight"] = Tensor.ones([2]) }.contains("roi_heads.keypoint_head"))
        #expect(try refusal { $0["roi_heads.box_predictor.cls_score.bias"] = Tensor.ones([7]) }.contains("[7]"))
        #expect(try refusal { $0["roi_heads.box_predictor.cls_score.weight"] = Tensor.ones([1, 1]) }.contains("background"))
        #expect(try refusal { $0["backbone.conv1.weight"] = Tensor.ones([]) }.contains("width 0"))
    }
}
