import Torch

/// ResNet without the classifier, with torchvision's names and initialisation. Source: He et al. 2016 (arXiv 1512.03385).
///
/// N images, H × W pixels; feature maps of stride 4, 8, 16 and 32.
public struct ResNet: StagedBackbone {
    public let conv1: Conv2d
    public let bn1: BatchNorm
    public let layer1: Stage
    public let layer2: Stage
    public let layer3: Stage
    public let layer4: Stage
    public let options: ResNetOptions
    private let frozenParts: Int

    /// - Parameters:
    ///   - frozenParts: how many of stem, layer1, …, layer4 keep their weights and normalise by running statistics;
    ///     Detectron2's FREEZE_AT.
    ///   - generator: draws the weights.
    public init(
        _ options: ResNetOptions, normalization: Normalization = .bn, frozenParts: Int = 0, using generator: Generator
    ) {
        self.options = options
        self.frozenParts = frozenParts
        func kind(_ part: Int) -> Normalization { part < frozenParts ? .frozenBN : normalization }
        conv1 = Conv2d(
            3, options.width, kernel: 7, stride: 2, padding: 3, bias: false, initializer: .heNormalFanOut, using: generator)
        bn1 = BatchNorm(options.width, kind(0))
        func stage(_ index: Int) -> Stage { Stage(options, index, normalization: kind(index + 1), using: generator) }
        layer1 = stage(0)
        layer2 = stage(1)
        layer3 = stage(2)
        layer4 = stage(3)
        for entry in state("") where entry.role == .buffer && entry.tensor.requiresGrad { entry.tensor.requiringGrad(false) }
    }

    /// The same by depth and width.
    public init(
        _ depth: Depth, width: Int = 64, normalization: Normalization = .bn, frozenParts: Int = 0,
        strideIn1x1: Bool = false, using generator: Generator
    ) {
        self.init(
            ResNetOptions(depth, width: width, strideIn1x1: strideIn1x1), normalization: normalization,
            frozenParts: frozenParts, using: generator)
    }

    public var levels: [FeatureLevel] { options.levels }

    public var device: Device { conv1.weight.device }

    /// (N, 3, H, W) → (N, width, H/4, W/4)
    public func stem(_ images: Tensor, _ mode: Mode) -> Tensor {
        bn1(conv1(images.contiguous(.channelsLast)), mode, activated: true).maxPooled(kernel: 3, stride: 2, padding: 1)
    }

    public func featureMaps(_ images: Tensor, _ mode: Mode) -> [Tensor] {
        let c2 = layer1(stem(images, mode), mode)
        let c3 = layer2(c2, mode)
        let c4 = layer3(c3, mode)
        return [c2, c3, c4, layer4(c4, mode)]
    }

    public func featureMapBeforeLastStage(_ images: Tensor, _ mode: Mode) -> Tensor {
        layer3(layer2(layer1(stem(images, mode), mode), mode), mode)
    }

    public func lastStage(_ map: Tensor, _ mode: Mode) -> Tensor { layer4(map, mode) }

    // Without holding the finer maps until the end.
    public func lastFeatureMap(_ images: Tensor, _ mode: Mode) -> Tensor {
        lastStage(featureMapBeforeLastStage(images, mode), mode)
    }

    public func state(_ prefix: String) -> [StateEntry] {
        let stem = conv1.state("\(prefix)conv1.") + bn1.state("\(prefix)bn1.")
        let stages = [layer1, layer2, layer3, layer4].enumerated().map { $1.state("\(prefix)layer\($0 + 1).") }
        return ([stem] + stages).enumerated().flatMap { part, entries in
            part < frozenParts ? entries.map { StateEntry($0.name, $0.tensor, .buffer) } : entries
        }
    }
}

extension ResNet {
    /// Residual blocks at one resolution; the first may halve it.
    public struct Stage: Layer {
        let blocks: Sequential

        /// - Parameter index: 0 for layer1, … 3 for layer4. All but the first halve the map.
        init(_ options: ResNetOptions, _ index: Int, normalization: Normalization, using generator: Generator) {
            let inner = options.width << index
            let outputs = options.levels[index].channels
            let inputs = index == 0 ? options.width : outputs / 2
            blocks = Sequential(
                (0..<options.depth.blocks[index]).map { i in
                    Block(
                        i == 0 ? inputs : outputs, inner, outputs, stride: i == 0 && index > 0 ? 2 : 1,
                        bottleneck: options.depth.usesBottlenecks, normalization: normalization,
                        strideIn1x1: options.strideIn1x1, using: generator)
                })
        }

        public func callAsFunction(_ x: Tensor, _ mode: Mode) -> Tensor { blocks(x, mode) }

        public func state(_ prefix: String) -> [StateEntry] { blocks.state(prefix) }
    }

    /// x + F(x): two 3×3 convolutions, or 1×1, 3×3, 1×1 (a bottleneck).
    struct Block: Layer {
        let convolutions: [Conv2d]
        let norms: [BatchNorm]
        let downsample: Sequential?

        init(
            _ inputs: Int, _ inner: Int, _ outputs: Int, stride: Int, bottleneck: Bool, normalization: Normalization,
            strideIn1x1: Bool, using generator: Generator
        ) {
            func conv(_ from: Int, _ to: Int, kernel: Int, stride: Int = 1) -> Conv2d {
                Conv2d(
                    from, to, kernel: kernel, stride: stride, padding: kernel / 2, bias: false,
                    initializer: .heNormalFanOut, using: generator)
            }
            if bottleneck {
                convolutions = [
                    conv(inputs, inner, kernel: 1, stride: strideIn1x1 ? stride : 1),
                    conv(inner, inner, kernel: 3, stride: strideIn1x1 ? 1 : stride),
                    conv(inner, outputs, kernel: 1),
                ]
            } else {
                convolutions = [conv(inputs, inner, kernel: 3, stride: stride), conv(inner, outputs, kernel: 3)]
            }
            norms = convolutions.map { BatchNorm($0.weight.size(0), normalization) }
            downsample =
                stride != 1 || inputs != outputs
                ? Sequential([conv(inputs, outputs, kernel: 1, stride: stride), BatchNorm(outputs, normalization)]) : nil
        }

        public func callAsFunction(_ x: Tensor, _ mode: Mode) -> Tensor {
            let last = convolutions.count - 1
            let y = (0..<last).reduce(x) { norms[$1](convolutions[$1]($0), mode, activated: true) }
            return norms[last](convolutions[last](y), mode, adding: downsample?(x, mode) ?? x, activated: true)
        }

        public func state(_ prefix: String) -> [StateEntry] {
            var entries: [StateEntry] = []
            for i in convolutions.indices {
                entries += convolutions[i].state("\(prefix)conv\(i + 1).") + norms[i].state("\(prefix)bn\(i + 1).")
            }
            return entries + (downsample?.state("\(prefix)downsample.") ?? [])
        }
    }
}
