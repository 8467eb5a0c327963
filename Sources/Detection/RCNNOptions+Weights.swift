import NN
import Support

extension RCNNOptions {
    /// The detector whose weights these are, by their names and shapes. What no shape tells has the value of Detectron2's
    /// configuration, or torchvision's for its own.
    ///
    /// - Throws: `UserError` naming what is missing, or what this suite's detector does not have.
    public init(of weights: NetworkWeights) throws {
        let shapes = try DetectorShapes(weights)
        self.init(Design.allCases.first { $0.options.isIn(shapes) } ?? .c4)
        backbone = try weights.knownArchitecture()
        normalization = shapes.normalization
        classes = shapes.classes
        try neck.read(shapes)
        rpn.read(shapes, maps: levels.count)
        pooling.read(shapes)
        let features = neck.roiFeatures(on: backbone)
        for kind in Self.headKinds {
            guard kind.isIn(shapes) else {
                set(nil, of: kind)
                continue
            }
            var head = kind.init(sharesFeatures: neck.sharesROIFeatures)
            try head.read(shapes, on: features)
            set(head, of: kind)
        }
    }
}
