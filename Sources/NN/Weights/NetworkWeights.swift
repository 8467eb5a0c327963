import Support
import Torch

/// The network that a weight file holds, by this suite's names, whoever wrote the file.
public struct NetworkWeights: Sendable {
    public enum Network: Sendable {
        /// A ResNet.
        case backbone
        /// Mask or Faster R-CNN.
        case detector
    }

    public let path: String
    public let network: Network
    public let layout: WeightLayout
    /// What its names begin with in the file, the section's name among it: `state_dict.module.encoder_q.`
    public let prefix: String
    /// In the order of the file, by this suite's names.
    public let names: [String]
    private let tensors: [String: NamedTensor]
    /// Names in the file that stand for nothing in this suite's networks, without those that say how a network is used.
    public let left: [String]
    /// Those of them that lie inside of the backbone, without its prefix: with them it is another network.
    let strangers: [String]
    /// Where else in the file such a network is: `state_dict.module.encoder_k.`
    public let others: [String]
    /// What the network subtracts from pixels and divides them by, where the file says so.
    public let pixelMean: [Double]?
    public let pixelDeviation: [Double]?
    /// Width and height of the anchors of each map, where the file says so.
    public let anchors: [[(width: Double, height: Double)]]

    public subscript(name: String) -> NamedTensor? { tensors[name] }

    /// - Parameter prefix: what the network's names begin with; nil looks for it.
    /// - Throws: `UserError` when the file holds no network that is known.
    public init(_ file: WeightFile, prefix: String? = nil) throws {
        let found = Found.all(file)
        let wanted = prefix.map { wanted in found.filter { [wanted, "\(wanted)."].contains($0.prefix) } } ?? found
        guard let chosen = wanted.first(where: { !$0.followsAnother }) ?? wanted.first else {
            let known = found.map(\.prefix).filter { !$0.isEmpty }
            let names = file.main.tensors.prefix(3).map(\.name).joined(separator: ", ")
            throw UserError(
                prefix.map { "has no network below \($0)" } ?? "holds no ResNet and no Mask R-CNN that is known; its names begin \(names)",
                file: file.path,
                remedy: prefix != nil && !known.isEmpty
                    ? "it has one below \(known.joined(separator: ", "))"
                    : "ediy weights inspect lists its names; known are torchvision's, timm's, Detectron2's and Hugging Face's")
        }
        self.init(file, chosen, others: found.filter { $0.prefix != chosen.prefix }.map(\.prefix))
    }

    private init(_ file: WeightFile, _ found: Found, others: [String]) {
        (path, network, layout, prefix, self.others) = (file.path, found.network, found.layout, found.prefix, others)
        var names: [String] = [], left: [String] = [], strangers: [String] = []
        var tensors: [String: NamedTensor] = [:]
        var pixels: [String: [Double]] = [:], anchors: [Int: [(width: Double, height: Double)]] = [:]
        for stored in found.section.tensors {
            guard let inner = stored.name.without(found.prefixInSection) else {
                left.append(stored.name)
                continue
            }
            let name: String?
            var rows = NamedTensor.Rows.asTheyAre
            switch found.network {
            case .backbone: name = found.layout.backboneName(inner)?.torchvision
            case .detector:
                let detector = found.layout.detectorName(inner)
                name = detector?.ediy
                if found.layout == .torchvision, let background = detector?.backgroundRows {
                    rows = background.isKept ? .firstToLast(background.count) : .withoutFirst(background.count)
                }
            }
            if let name, tensors[name] == nil {
                names.append(name)
                tensors[name] = NamedTensor(stored, rows)
            } else if inner == "pixel_mean" || inner == "pixel_std", stored.count == 3 {
                pixels[inner] = stored.tensor().array(Double.self)
            } else if let level = indexed(inner, "proposal_generator.anchor_generator.cell_anchors."), stored.shape.last == 4 {
                anchors[level] = Self.sizes(ofCorners: stored.tensor().array())
            } else {
                left.append(stored.name)
                if found.network == .backbone, found.layout.isInsideBackbone(inner) { strangers.append(inner) }
            }
        }
        // Caffe2's weights, and Detectron2's made from them, have their statistics multiplied into scale and shift.
        let norms = names.filter { Self.resNetName($0, found.network)?.normField == "weight" }
        if found.layout == .caffe2 || found.layout == .detectron2,
            !names.contains(where: { Self.resNetName($0, found.network)?.normField == "running_mean" })
        {
            for norm in norms {
                let stem = norm.dropLast("weight".count)
                let shape = tensors[norm]?.shape ?? []
                tensors["\(stem)running_mean"] = NamedTensor(constant: 0, shape: shape)
                // What Detectron2 begins with, so that the scale is exactly the one that is given.
                tensors["\(stem)running_var"] = NamedTensor(constant: Float(1 - BatchNorm.epsilon), shape: shape)
                names += ["\(stem)running_mean", "\(stem)running_var"]
            }
        }
        (self.names, self.tensors, self.left, self.strangers) = (names, tensors, left, strangers)
        (pixelMean, pixelDeviation) = (pixels["pixel_mean"], pixels["pixel_std"])
        self.anchors = anchors.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func sizes(ofCorners corners: [Double]) -> [(width: Double, height: Double)] {
        stride(from: 0, to: corners.count, by: 4).map { i -> (width: Double, height: Double) in
            let (left, top) = (corners[i], corners[i + 1])
            return (width: corners[i + 2] - left, height: corners[i + 3] - top)
        }
    }

    private static func resNetName(_ name: String, _ network: Network) -> ResNetName? {
        switch network {
        case .backbone: ResNetName(torchvision: name)
        case .detector: name.without("backbone.").flatMap { ResNetName(torchvision: $0) }
        }
    }

    /// The backbone's tensors by torchvision's names, out of a whole detector too.
    public var backbone: [(name: String, tensor: NamedTensor)] {
        names.compactMap { name in
            guard let inner = Self.resNetName(name, network), let tensor = tensors[name] else { return nil }
            return (inner.torchvision, tensor)
        }
    }

    /// Copies the tensors into `entries`, one at a time, in place.
    ///
    /// - Throws: `UserError` when one is missing or has another shape, or the file has one of the network's kind that `entries`
    ///   have no place for; then nothing was changed.
    public func restore(_ entries: [StateEntry]) throws {
        let missing = entries.map(\.name).filter { self[$0] == nil && !$0.hasSuffix("num_batches_tracked") }
        guard missing.isEmpty else {
            throw UserError(
                "has no \(missing.firstNames), by this suite's names", file: path,
                remedy: "ediy weights inspect says what is in it; check the depth and the design")
        }
        let known = Set(entries.map(\.name))
        let unplaced = names.filter { !known.contains($0) && !$0.hasSuffix("num_batches_tracked") }
        guard unplaced.isEmpty else {
            throw UserError(
                "has \(unplaced.firstNames), by this suite's names, which the network has no place for", file: path,
                remedy: "check the depth and the design")
        }
        try entries.fill(
            file: path, remedy: "check the depth, the width, the number of classes and the anchors", shape: { self[$0]?.shape },
            tensor: { self[$0]?.tensor() })
    }
}

extension NetworkWeights {
    /// A network in a file.
    private struct Found {
        let section: WeightFile.Section
        let network: Network
        let layout: WeightLayout
        let prefixInSection: String

        var prefix: String { section.name.isEmpty ? prefixInSection : "\(section.name).\(prefixInSection)" }

        /// Whether it is the slow copy of another one, which self-supervised methods keep beside what they learn.
        var followsAnother: Bool {
            ["encoder_k", "momentum", "target", "teacher", "ema"].contains { prefix.lowercased().contains($0) }
        }

        /// Detectors first; then as the file has them.
        static func all(_ file: WeightFile) -> [Found] {
            let sections = [file.main] + file.sections.filter { $0.name != file.main.name }
            let names = sections.map { Set($0.tensors.map(\.name)) }
            let whole = zip(sections, names).flatMap(detectors)
            let parts = zip(sections, names).flatMap(backbones)
            return whole + parts.filter { part in !whole.contains { part.prefix.hasPrefix($0.prefix) } }
        }

        private static func detectors(in section: WeightFile.Section, _ names: Set<String>) -> [Found] {
            WeightLayout.allCases.flatMap { layout -> [Found] in
                guard let signs = layout.detectorSigns else { return [] }
                return prefixes(of: signs.proposals, in: section)
                    .filter { prefix in signs.stems.contains { names.contains(prefix + $0) } }
                    .map { Found(section: section, network: .detector, layout: layout, prefixInSection: $0) }
            }
        }

        private static func backbones(in section: WeightFile.Section, _ names: Set<String>) -> [Found] {
            WeightLayout.allCases.flatMap { layout -> [Found] in
                guard let signs = layout.backboneSigns else { return [] }
                return prefixes(of: signs.inner, in: section).filter { names.contains($0 + signs.stem) }
                    .map { Found(section: section, network: .backbone, layout: layout, prefixInSection: $0) }
            }
        }

        /// What stands before a name, where it is a name's last part or the whole of it.
        private static func prefixes(of name: String, in section: WeightFile.Section) -> [String] {
            section.tensors.compactMap { tensor in
                guard tensor.name.hasSuffix(name) else { return nil }
                let prefix = String(tensor.name.dropLast(name.count))
                return prefix.isEmpty || prefix.hasSuffix(".") ? prefix : nil
            }
        }
    }
}
