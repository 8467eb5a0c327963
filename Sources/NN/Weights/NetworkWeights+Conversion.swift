import Support

extension NetworkWeights {
    /// The network's tensors as another layout names and arranges them.
    ///
    /// - Throws: `UserError` when the layout is not written, or does not have the network.
    public func tensors(as layout: WeightLayout) throws -> [(name: String, tensor: NamedTensor)] {
        let isPyramid = names.contains { $0.hasPrefix("backbone.fpn_") }
        if network == .detector, layout == .torchvision, !isPyramid {
            throw UserError("is a detector on C4, which torchvision does not have", file: path, remedy: "use --to detectron2 or ediy")
        }
        return try names.compactMap { name -> (name: String, tensor: NamedTensor)? in
            guard let tensor = self[name] else { return nil }
            switch (network, layout) {
            case (.backbone, .ediy), (.backbone, .torchvision), (.detector, .ediy): return (name, tensor)
            case (.backbone, .detectron2):
                guard let inner = ResNetName(torchvision: name) else { return nil }
                return (inner.detectron2, tensor)
            case (.detector, .detectron2):
                guard let detector = DetectorName(ediy: name) else { return nil }
                // A count of batches would be a stranger to Detectron2's frozen normalisation.
                return (detector.detectron2(isPyramid: isPyramid), tensor)
            case (.detector, .torchvision):
                guard let detector = DetectorName(ediy: name), let theirs = detector.torchvision else {
                    throw UserError("has no place in torchvision's detector", file: path, at: name)
                }
                guard let background = detector.backgroundRows else { return (theirs, tensor) }
                return (theirs, tensor.arranged(background.isKept ? .lastToFirst(background.count) : .zerosFirst(background.count)))
            case (_, .caffe2), (_, .sequential), (_, .huggingFace):
                throw UserError("\(layout.title) names are read, not written", remedy: "use torchvision, detectron2 or ediy")
            }
        }
    }

    /// Names gathered by what they begin with, for people: `module.encoder_k (159)`.
    public static func gathered(_ names: [String], limit: Int = 8) -> String {
        var groups: [(name: String, count: Int)] = []
        for name in names {
            let parts = name.split(separator: ".")
            let group = parts.prefix(max(min(2, parts.count - 1), 1)).joined(separator: ".")
            if let last = groups.indices.last, groups[last].name == group { groups[last].count += 1 } else { groups.append((group, 1)) }
        }
        let shown = groups.prefix(limit).map { $0.count > 1 ? "\($0.name) (\($0.count))" : $0.name }
        return (shown + (groups.count > limit ? ["and \(groups.count - limit) more"] : [])).joined(separator: ", ")
    }
}

extension WeightFile.Section {
    /// The section's tensors under their own names.
    public var named: [(name: String, tensor: NamedTensor)] { tensors.map { ($0.name, NamedTensor($0)) } }
}
