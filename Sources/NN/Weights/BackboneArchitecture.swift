/// The network that the names and shapes of a backbone's weights are of, be it one that this suite has or a relative of one.
public struct BackboneArchitecture: Sendable {
    /// For people: `ResNet-50, width 64`, `ResNeXt-50, width 64, 32 groups of 4`.
    public let title: String
    /// This suite's network of these shapes; nil where it has none.
    public let options: (any BackboneOptions)?
    /// Why this suite has none, as what follows "it": `has …`; nil where it has one.
    public let problem: String?
}

extension BackboneArchitecture {
    /// - Parameters:
    ///   - tensors: a ResNet's, by torchvision's names.
    ///   - strangers: names that lie inside of the network in its file, and are no ResNet's.
    init(resNet tensors: [(name: String, shape: [Int])], strangers: [String]) {
        let shapes = Dictionary(tensors.map { ($0.name, $0.shape) }) { first, _ in first }
        let (blocks, hasThird) = ResNet.blocks(ofStateNames: shapes.keys)
        let width = shapes["conv1.weight"]?.first ?? 0
        let inner = shapes["layer1.0.conv1.weight"]?.first ?? 0
        let perGroup = shapes["layer1.0.conv2.weight"].flatMap { $0.count == 4 ? $0[1] : nil } ?? inner
        let groups = perGroup > 0 && inner % perGroup == 0 ? inner / perGroup : 1
        // The classifier and the stem have a layer each.
        let layers = blocks.reduce(0, +) * (hasThird ? 3 : 2) + 2

        var title = groups > 1 ? "ResNeXt-\(layers)" : hasThird && inner != width ? "Wide ResNet-\(layers)" : "ResNet-\(layers)"
        title += ", width \(width)"
        if groups > 1 {
            title += ", \(groups) groups of \(perGroup)"
        } else if hasThird && inner != width {
            title += ", bottlenecks of \(inner)"
        }

        let depth = ResNet.Depth.allCases.first { $0.blocks == blocks && $0.usesBottlenecks == hasThird }
        if depth == nil { title += ", blocks \(blocks.map(String.init).joined(separator: ", "))" }
        self.title = title
        guard let depth, (1...1024).contains(width) else {
            (options, problem) = (nil, "has a depth or width that this suite's ResNets do not have: \(title)")
            return
        }
        let own = ResNetOptions(depth, width: width)
        let expected = Dictionary(own.stateShapes.map { ($0.name, $0.shape) }) { first, _ in first }
        let unplaced = strangers + tensors.map(\.name).filter { expected[$0] == nil && !$0.hasSuffix("num_batches_tracked") }
        if !unplaced.isEmpty {
            (options, problem) = (nil, "has \(unplaced.firstNames), which \(own.title) has no place for")
        } else if let other = tensors.first(where: { $0.shape != expected[$0.name] && expected[$0.name] != nil }) {
            (options, problem) = (
                nil, "has \(other.name) of the shape \(other.shape), and \(own.title) has it of \(expected[other.name] ?? [])"
            )
        } else {
            (options, problem) = (own, nil)
        }
    }
}

extension NetworkWeights {
    /// The backbone's; out of a whole detector too.
    public var architecture: BackboneArchitecture {
        BackboneArchitecture(resNet: backbone.map { ($0.name, $0.tensor.shape) }, strangers: network == .backbone ? strangers : [])
    }

    /// The backbone's depth; nil for one that this suite does not have.
    public var depth: ResNet.Depth? {
        let (blocks, hasThird) = ResNet.blocks(ofStateNames: backbone.map(\.name))
        return ResNet.Depth.allCases.first { $0.blocks == blocks && $0.usesBottlenecks == hasThird }
    }

    /// Names that a backbone of this depth should have, and the file has not.
    public var missingInBackbone: [String] {
        let present = Set(backbone.map(\.name))
        return (depth.map { ResNetOptions($0).stateShapes.map(\.name) } ?? []).filter { !present.contains($0) }
    }
}
