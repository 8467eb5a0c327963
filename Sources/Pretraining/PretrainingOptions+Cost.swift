import NN

extension PretrainingOptions {
    /// The cost of a step for one image: both views through the online network, which learns, and through the target
    /// network, which does not.
    public func cost(_ method: PretrainingMethodName) -> (learned: Cost, followed: Cost) {
        let size = Cost.MapSize(height: imageSize, width: imageSize)
        let network = ResNetOptions(depth, width: width)
        let backbone = network.cost(at: size, normalization: .bn, frozenParts: 0).total
        let channels = network.lastLevel.channels
        func head(_ inputs: Int, _ hidden: Int, _ outputs: Int) -> Cost {
            var norm = Cost()
            norm.parameters = 2 * hidden
            norm.keptValues = Double(hidden)
            return .linear(inputs, hidden, bias: false) + norm + .linear(hidden, outputs, bias: false)
        }
        var projector = head(channels, hiddenSize, projectionSize)
        var predictor = head(projectionSize, hiddenSize, projectionSize)
        if method == .eDIY {
            let count = regions.grid * regions.grid
            projector += count * head(channels, regions.hiddenSize, regions.projectionSize)
            predictor += count * head(regions.projectionSize, regions.hiddenSize, regions.projectionSize)
        }
        return (2 * (backbone + projector + predictor), (2 * (backbone + projector)).frozen)
    }
}
