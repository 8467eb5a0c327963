/// The name of one tensor of a ResNet, whoever spells it.
enum ResNetName: Hashable {
    /// The first convolution.
    case stem(String)
    case stemNorm(String)
    /// A convolution of a block: stage 1 to 4, block from 0, index 1 to 3.
    case conv(Int, Int, Int, String)
    case norm(Int, Int, Int, String)
    case shortcut(Int, Int, String)
    case shortcutNorm(Int, Int, String)

    /// What a batch normalisation has, without its count of batches.
    static let normFields = ["weight", "bias", "running_mean", "running_var"]

    // MARK: - Reading

    /// `conv1.weight`, `layer2.0.bn3.running_mean`, `layer1.0.downsample.1.bias`: torchvision's, and this suite's.
    init?(torchvision name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        switch parts.count {
        case 2 where parts[0] == "conv1" && parts[1] == "weight": self = .stem("weight")
        case 2 where parts[0] == "bn1": self = .stemNorm(String(parts[1]))
        case 4, 5:
            guard let stage = indexed(parts[0], "layer", 1...4), let block = number(parts[1]) else { return nil }
            self.init(stage, block, torchvision: Array(parts.dropFirst(2)))
        default: return nil
        }
    }

    /// Children of a ResNet by number, as `nn.Sequential` of them names them (lightly): `0.weight`, `1.bias`, `4.0.conv1.weight`.
    init?(sequential name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        switch parts.count {
        case 2 where parts[0] == "0" && parts[1] == "weight": self = .stem("weight")
        case 2 where parts[0] == "1": self = .stemNorm(String(parts[1]))
        case 4, 5:
            guard let child = number(parts[0]), (4...7).contains(child), let block = number(parts[1]) else { return nil }
            self.init(child - 3, block, torchvision: Array(parts.dropFirst(2)))
        default: return nil
        }
    }

    private init?(_ stage: Int, _ block: Int, torchvision rest: [Substring]) {
        let field = String(rest[rest.count - 1])
        if rest.count == 2, let index = indexed(rest[0], "conv", 1...3), field == "weight" {
            self = .conv(stage, block, index, field)
        } else if rest.count == 2, let index = indexed(rest[0], "bn", 1...3) {
            self = .norm(stage, block, index, field)
        } else if rest.count == 3, rest[0] == "downsample", rest[1] == "0" || rest[1] == "1" {
            self = rest[1] == "0" ? .shortcut(stage, block, field) : .shortcutNorm(stage, block, field)
        } else {
            return nil
        }
    }

    /// `stem.conv1.weight`, `res2.0.conv1.norm.weight`, `res2.0.shortcut.weight`.
    init?(detectron2 name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let field = parts.last.map(String.init), (3...5).contains(parts.count) else { return nil }
        let isNorm = parts[parts.count - 2] == "norm"
        if parts[0] == "stem", parts[1] == "conv1", parts.count == (isNorm ? 4 : 3) {
            self = isNorm ? .stemNorm(field) : .stem(field)
        } else if let stage = indexed(parts[0], "res", 2...5), let block = number(parts[1]), parts.count == (isNorm ? 5 : 4) {
            self.init(stage - 1, block, part: parts[2], isNorm: isNorm, field)
        } else {
            return nil
        }
    }

    private init?(_ stage: Int, _ block: Int, part: Substring, isNorm: Bool, _ field: String) {
        if part == "shortcut" {
            self = isNorm ? .shortcutNorm(stage, block, field) : .shortcut(stage, block, field)
        } else if let index = indexed(part, "conv", 1...3) {
            self = isNorm ? .norm(stage, block, index, field) : .conv(stage, block, index, field)
        } else {
            return nil
        }
    }

    /// `conv1_w`, `res_conv1_bn_s`, `res2_0_branch2a_w`, `res2_0_branch1_bn_b`: Caffe2's, as Detectron2's `MSRA/R-50.pkl` has them.
    init?(caffe2 name: String) {
        let fields = ["s": "weight", "b": "bias", "rm": "running_mean", "riv": "running_var"]
        let parts = name.split(separator: "_", omittingEmptySubsequences: false)
        if name == "conv1_w" {
            self = .stem("weight")
        } else if parts.count == 4, name.hasPrefix("res_conv1_bn_"), let field = fields[String(parts[3])] {
            self = .stemNorm(field)
        } else if parts.count >= 4, let stage = indexed(parts[0], "res", 2...5), let block = number(parts[1]) {
            let part: Substring
            switch parts[2] {
            case "branch1": part = "shortcut"
            case "branch2a": part = "conv1"
            case "branch2b": part = "conv2"
            case "branch2c": part = "conv3"
            default: return nil
            }
            if parts.count == 4, parts[3] == "w" {
                self.init(stage - 1, block, part: part, isNorm: false, "weight")
            } else if parts.count == 5, parts[3] == "bn", let field = fields[String(parts[4])] {
                self.init(stage - 1, block, part: part, isNorm: true, field)
            } else {
                return nil
            }
        } else {
            return nil
        }
    }

    /// `embedder.embedder.convolution.weight`, `encoder.stages.0.layers.1.layer.2.normalization.bias`,
    /// `encoder.stages.0.layers.0.shortcut.convolution.weight`: those of Hugging Face's transformers.
    init?(huggingFace name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 4, let field = parts.last.map(String.init) else { return nil }
        let isNorm = parts[parts.count - 2] == "normalization"
        guard isNorm || (parts[parts.count - 2] == "convolution" && field == "weight") else { return nil }
        if parts.count == 4, parts[0] == "embedder", parts[1] == "embedder" {
            self = isNorm ? .stemNorm(field) : .stem(field)
        } else if parts.count == 8 || parts.count == 9, parts[0] == "encoder", parts[1] == "stages", let stage = number(parts[2]),
            stage < 4, parts[3] == "layers", let block = number(parts[4])
        {
            if parts.count == 8, parts[5] == "shortcut" {
                self.init(stage + 1, block, part: "shortcut", isNorm: isNorm, field)
            } else if parts.count == 9, parts[5] == "layer", let index = number(parts[6]), index < 3 {
                self.init(stage + 1, block, part: Substring("conv\(index + 1)"), isNorm: isNorm, field)
            } else {
                return nil
            }
        } else {
            return nil
        }
    }

    // MARK: - Writing

    var torchvision: String {
        switch self {
        case .stem(let field): "conv1.\(field)"
        case .stemNorm(let field): "bn1.\(field)"
        case .conv(let stage, let block, let index, let field): "layer\(stage).\(block).conv\(index).\(field)"
        case .norm(let stage, let block, let index, let field): "layer\(stage).\(block).bn\(index).\(field)"
        case .shortcut(let stage, let block, let field): "layer\(stage).\(block).downsample.0.\(field)"
        case .shortcutNorm(let stage, let block, let field): "layer\(stage).\(block).downsample.1.\(field)"
        }
    }

    var detectron2: String {
        switch self {
        case .stem(let field): "stem.conv1.\(field)"
        case .stemNorm(let field): "stem.conv1.norm.\(field)"
        case .conv(let stage, let block, let index, let field): "res\(stage + 1).\(block).conv\(index).\(field)"
        case .norm(let stage, let block, let index, let field): "res\(stage + 1).\(block).conv\(index).norm.\(field)"
        case .shortcut(let stage, let block, let field): "res\(stage + 1).\(block).shortcut.\(field)"
        case .shortcutNorm(let stage, let block, let field): "res\(stage + 1).\(block).shortcut.norm.\(field)"
        }
    }

    /// 0 for the stem.
    var stage: Int {
        switch self {
        case .stem, .stemNorm: 0
        case .conv(let stage, _, _, _), .norm(let stage, _, _, _), .shortcut(let stage, _, _), .shortcutNorm(let stage, _, _): stage
        }
    }

    /// The field of a normalisation; nil for a convolution's.
    var normField: String? {
        switch self {
        case .stemNorm(let field), .norm(_, _, _, let field), .shortcutNorm(_, _, let field): field
        default: nil
        }
    }

    /// Another field of the same normalisation.
    func norm(_ field: String) -> ResNetName {
        switch self {
        case .stemNorm: .stemNorm(field)
        case .norm(let stage, let block, let index, _): .norm(stage, block, index, field)
        case .shortcutNorm(let stage, let block, _): .shortcutNorm(stage, block, field)
        default: self
        }
    }
}

/// A number from 0 to 999, as names have them.
func number(_ text: some StringProtocol) -> Int? {
    text.utf8.count <= 3 && text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
}

/// The number that follows a word: `layer3`.
func indexed(_ text: some StringProtocol, _ word: String, _ range: ClosedRange<Int> = 0...999) -> Int? {
    guard text.hasPrefix(word), let index = number(text.dropFirst(word.count)), range.contains(index) else { return nil }
    return index
}
