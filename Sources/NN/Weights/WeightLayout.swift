/// How weight files name the parts of a network.
public enum WeightLayout: String, Sendable, CaseIterable {
    /// This suite's; a backbone's are torchvision's.
    case ediy
    case torchvision
    case detectron2
    /// Caffe2's names of a backbone, which Detectron2's `MSRA/R-50.pkl` has.
    case caffe2
    /// A backbone's parts by number, as lightly has them.
    case sequential
    /// Hugging Face transformers' names of a backbone.
    case huggingFace

    /// What people call it.
    public var title: String {
        switch self {
        case .ediy: "ediy's"
        case .torchvision: "torchvision's"
        case .detectron2: "Detectron2's"
        case .caffe2: "Caffe2's"
        case .sequential: "a sequence's (lightly)"
        case .huggingFace: "Hugging Face's"
        }
    }

    /// A tensor by which a backbone of this layout is known, and one that must stand beside it.
    var backboneSigns: (inner: String, stem: String)? {
        switch self {
        case .ediy: nil
        case .torchvision: ("layer1.0.conv1.weight", "conv1.weight")
        case .detectron2: ("res2.0.conv1.weight", "stem.conv1.weight")
        case .caffe2: ("res2_0_branch2a_w", "conv1_w")
        case .sequential: ("4.0.conv1.weight", "0.weight")
        case .huggingFace: ("encoder.stages.0.layers.0.layer.0.convolution.weight", "embedder.embedder.convolution.weight")
        }
    }

    /// Whether a name, without what stands before the backbone's, lies inside of the backbone: in its stem or in a stage.
    func isInsideBackbone(_ name: String) -> Bool {
        let part = String(name.prefix { $0 != "." })
        switch self {
        case .ediy, .torchvision: return part == "conv1" || part == "bn1" || indexed(part, "layer") != nil
        case .detectron2: return name.hasPrefix("stem.conv") || indexed(part, "res") != nil
        case .caffe2: return indexed(name.prefix { $0 != "_" }, "res") != nil || name.hasPrefix("res_conv1_")
        case .sequential: return number(part).map { [0, 1, 4, 5, 6, 7].contains($0) } ?? false
        case .huggingFace: return part == "embedder" || part == "encoder"
        }
    }

    /// A tensor by which a detector of this layout is known, and those of which one must stand beside it.
    var detectorSigns: (proposals: String, stems: [String])? {
        switch self {
        case .ediy: ("proposal_generator.rpn_head.objectness_logits.weight", ["backbone.conv1.weight"])
        case .torchvision: ("rpn.head.cls_logits.weight", ["backbone.body.conv1.weight"])
        case .detectron2:
            (
                "proposal_generator.rpn_head.objectness_logits.weight",
                ["backbone.stem.conv1.weight", "backbone.bottom_up.stem.conv1.weight"]
            )
        case .caffe2, .sequential, .huggingFace: nil
        }
    }

    func backboneName(_ name: String) -> ResNetName? {
        switch self {
        case .ediy, .torchvision: ResNetName(torchvision: name)
        case .detectron2: ResNetName(detectron2: name)
        case .caffe2: ResNetName(caffe2: name)
        case .sequential: ResNetName(sequential: name)
        case .huggingFace: ResNetName(huggingFace: name)
        }
    }

    func detectorName(_ name: String) -> DetectorName? {
        switch self {
        case .ediy: DetectorName(ediy: name)
        case .torchvision: DetectorName(torchvision: name)
        case .detectron2: DetectorName(detectron2: name)
        case .caffe2, .sequential, .huggingFace: nil
        }
    }
}
