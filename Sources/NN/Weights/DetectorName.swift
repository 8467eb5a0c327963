/// The name of one tensor of Mask R-CNN, whoever spells it.
enum DetectorName: Hashable {
    case backbone(ResNetName)
    /// A lateral or output convolution of the pyramid at a level 2 to 5, and what follows it: `weight`, `norm.bias`.
    case pyramid(isLateral: Bool, Int, String)
    case proposals(ProposalPart, String)
    /// The normalisation after C4's last stage.
    case lastNorm(String)
    /// A convolution of the box head, from 1, and what follows it.
    case boxConv(Int, String)
    /// A fully connected layer of the box head, from 1.
    case boxLayer(Int, String)
    case score(String)
    case deltas(String)
    /// A convolution of the mask head, from 1, and what follows it.
    case maskConv(Int, String)
    case maskDeconv(String)
    case maskPredictor(String)

    enum ProposalPart: String {
        case conv
        case objectness = "objectness_logits"
        case deltas = "anchor_deltas"
    }

    // MARK: - This suite's and Detectron2's, which differ in the backbone alone

    init?(ediy name: String) {
        if let rest = name.without("backbone."), let inner = ResNetName(torchvision: rest) {
            self = .backbone(inner)
        } else if let field = name.without("roi_heads.norm.") {
            self = .lastNorm(field)
        } else {
            self.init(common: name)
        }
    }

    init?(detectron2 name: String) {
        if let rest = name.without("backbone.bottom_up.") ?? name.without("backbone."), let inner = ResNetName(detectron2: rest) {
            self = .backbone(inner)
        } else if let field = name.without("roi_heads.res5.norm.") {
            self = .lastNorm(field)
        } else if let rest = name.without("roi_heads."), let inner = ResNetName(detectron2: rest), inner.stage == 4 {
            self = .backbone(inner)
        } else {
            self.init(common: name)
        }
    }

    private init?(common name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        func rest(_ count: Int) -> String { parts.dropFirst(count).joined(separator: ".") }
        switch (parts[0], parts.count > 2 ? parts[1] : "", parts.count > 3 ? parts[2] : "") {
        case ("backbone", let part, _):
            if let level = indexed(part, "fpn_lateral", 2...5) {
                self = .pyramid(isLateral: true, level, rest(2))
            } else if let level = indexed(part, "fpn_output", 2...5) {
                self = .pyramid(isLateral: false, level, rest(2))
            } else {
                return nil
            }
        case ("proposal_generator", "rpn_head", let part):
            guard let kind = ProposalPart(rawValue: part), parts.count == 4 else { return nil }
            self = .proposals(kind, parts[3])
        case ("roi_heads", "box_head", let part):
            if let index = indexed(part, "conv") {
                self = .boxConv(index, rest(3))
            } else if let index = indexed(part, "fc") {
                self = .boxLayer(index, rest(3))
            } else {
                return nil
            }
        case ("roi_heads", "box_predictor", "cls_score") where parts.count == 4: self = .score(parts[3])
        case ("roi_heads", "box_predictor", "bbox_pred") where parts.count == 4: self = .deltas(parts[3])
        case ("roi_heads", "mask_head", let part):
            if let index = indexed(part, "mask_fcn") {
                self = .maskConv(index, rest(3))
            } else if part == "deconv" {
                self = .maskDeconv(rest(3))
            } else if part == "predictor" {
                self = .maskPredictor(rest(3))
            } else {
                return nil
            }
        default: return nil
        }
    }

    var ediy: String {
        switch self {
        case .backbone(let inner): "backbone.\(inner.torchvision)"
        case .lastNorm(let field): "roi_heads.norm.\(field)"
        default: common
        }
    }

    func detectron2(isPyramid: Bool) -> String {
        switch self {
        case .backbone(let inner) where isPyramid: "backbone.bottom_up.\(inner.detectron2)"
        case .backbone(let inner): (inner.stage == 4 ? "roi_heads." : "backbone.") + inner.detectron2
        case .lastNorm(let field): "roi_heads.res5.norm.\(field)"
        default: common
        }
    }

    private var common: String {
        switch self {
        case .backbone, .lastNorm: ""
        case .pyramid(let isLateral, let level, let rest): "backbone.fpn_\(isLateral ? "lateral" : "output")\(level).\(rest)"
        case .proposals(let part, let field): "proposal_generator.rpn_head.\(part.rawValue).\(field)"
        case .boxConv(let index, let rest): "roi_heads.box_head.conv\(index).\(rest)"
        case .boxLayer(let index, let field): "roi_heads.box_head.fc\(index).\(field)"
        case .score(let field): "roi_heads.box_predictor.cls_score.\(field)"
        case .deltas(let field): "roi_heads.box_predictor.bbox_pred.\(field)"
        case .maskConv(let index, let rest): "roi_heads.mask_head.mask_fcn\(index).\(rest)"
        case .maskDeconv(let field): "roi_heads.mask_head.deconv.\(field)"
        case .maskPredictor(let field): "roi_heads.mask_head.predictor.\(field)"
        }
    }

    // MARK: - torchvision's maskrcnn_resnet50_fpn

    init?(torchvision name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        func rest(_ count: Int) -> String { parts.dropFirst(count).joined(separator: ".") }
        if let rest = name.without("backbone.body."), let inner = ResNetName(torchvision: rest) {
            self = .backbone(inner)
            return
        }
        guard parts.count >= 4, let field = parts.last else { return nil }
        // Until its version 0.13 a convolution stood where a sequence that holds it stands now.
        func isConv(_ from: Int) -> Bool { parts.count == from + 1 || (parts.count == from + 2 && parts[from] == "0") }
        switch (parts[0], parts[1], parts[2]) {
        case ("backbone", "fpn", "inner_blocks"), ("backbone", "fpn", "layer_blocks"):
            guard let level = number(parts[3]), level < 4, parts.count > 4 else { return nil }
            let isNorm = parts.count == 6 && parts[4] == "1"
            guard isNorm || isConv(4) else { return nil }
            self = .pyramid(isLateral: parts[2] == "inner_blocks", level + 2, isNorm ? "norm.\(field)" : field)
        case ("rpn", "head", "conv") where parts.count == 4 || rest(3) == "0.0.\(field)": self = .proposals(.conv, field)
        case ("rpn", "head", "cls_logits") where parts.count == 4: self = .proposals(.objectness, field)
        case ("rpn", "head", "bbox_pred") where parts.count == 4: self = .proposals(.deltas, field)
        case ("roi_heads", "box_head", "fc6") where parts.count == 4: self = .boxLayer(1, field)
        case ("roi_heads", "box_head", "fc7") where parts.count == 4: self = .boxLayer(2, field)
        case ("roi_heads", "box_predictor", "cls_score") where parts.count == 4: self = .score(field)
        case ("roi_heads", "box_predictor", "bbox_pred") where parts.count == 4: self = .deltas(field)
        case ("roi_heads", "mask_head", let part):
            if let index = indexed(part, "mask_fcn", 1...999), parts.count == 4 {
                self = .maskConv(index, field)
            } else if let index = number(part), parts.count == 5, parts[3] == "0" {
                self = .maskConv(index + 1, field)
            } else {
                return nil
            }
        case ("roi_heads", "mask_predictor", "conv5_mask") where parts.count == 4: self = .maskDeconv(field)
        case ("roi_heads", "mask_predictor", "mask_fcn_logits") where parts.count == 4: self = .maskPredictor(field)
        default: return nil
        }
    }

    /// nil for what its detector does not have.
    var torchvision: String? {
        switch self {
        case .backbone(let inner): "backbone.body.\(inner.torchvision)"
        case .pyramid(let isLateral, let level, let rest):
            "backbone.fpn.\(isLateral ? "inner" : "layer")_blocks.\(level - 2)."
                + (rest.without("norm.").map { "1.\($0)" } ?? "0.\(rest)")
        case .proposals(.conv, let field): "rpn.head.conv.0.0.\(field)"
        case .proposals(.objectness, let field): "rpn.head.cls_logits.\(field)"
        case .proposals(.deltas, let field): "rpn.head.bbox_pred.\(field)"
        case .boxLayer(let index, let field) where index <= 2: "roi_heads.box_head.fc\(index + 5).\(field)"
        case .score(let field): "roi_heads.box_predictor.cls_score.\(field)"
        case .deltas(let field): "roi_heads.box_predictor.bbox_pred.\(field)"
        case .maskConv(let index, let field) where !field.hasPrefix("norm."): "roi_heads.mask_head.\(index - 1).0.\(field)"
        case .maskDeconv(let field): "roi_heads.mask_predictor.conv5_mask.\(field)"
        case .maskPredictor(let field): "roi_heads.mask_predictor.mask_fcn_logits.\(field)"
        case .lastNorm, .boxConv, .boxLayer, .maskConv: nil
        }
    }

    /// Rows of torchvision's background, which comes first there: the class's score, whose row comes last here, and a box and a
    /// mask, which are never used and are not here.
    var backgroundRows: (count: Int, isKept: Bool)? {
        switch self {
        case .score: (1, true)
        case .deltas: (4, false)
        case .maskPredictor: (1, false)
        default: nil
        }
    }
}

extension StringProtocol {
    /// What follows `prefix`; nil where this does not begin with it.
    func without(_ prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}
