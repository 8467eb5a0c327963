/// What a network costs for one input, counted from shapes alone: no tensor is made.
///
/// Normalisation, pooling and activation are left out of the arithmetic, as the field's counts leave them out.
public struct Cost: Sendable, Equatable {
    /// Values that are learned.
    public var parameters = 0
    /// Multiplications, each with an addition, of convolutions and linear layers, forward.
    public var multiplyAdds = 0.0
    /// Values that stay in memory for the way back: what convolutions, linear layers, normalisations and ReLU take or give.
    public var keptValues = 0.0

    public init() {}

    public static func + (a: Cost, b: Cost) -> Cost {
        var sum = a
        sum += b
        return sum
    }

    public static func += (a: inout Cost, b: Cost) {
        a.parameters += b.parameters
        a.multiplyAdds += b.multiplyAdds
        a.keptValues += b.keptValues
    }

    /// The same weights on `count` inputs.
    public static func * (count: Int, cost: Cost) -> Cost {
        var all = cost
        all.multiplyAdds *= Double(count)
        all.keptValues *= Double(count)
        return all
    }

    /// With nothing learned and nothing kept.
    public var frozen: Cost {
        var cost = self
        cost.parameters = 0
        cost.keptValues = 0
        return cost
    }
}

extension Cost {
    /// Height and width of a map.
    public struct MapSize: Sendable, Equatable {
        public let height, width: Int

        public init(height: Int, width: Int) {
            self.height = height
            self.width = width
        }

        public var cells: Double { Double(height) * Double(width) }

        /// After a stride of 2.
        public var halved: MapSize { MapSize(height: (height + 1) / 2, width: (width + 1) / 2) }
    }

    /// What follows a convolution.
    public enum After: Sendable {
        /// A bias.
        case bias
        /// A batch normalisation; what learns has a scale and a shift.
        case norm(Normalization)

        var parametersAChannel: Int {
            switch self {
            case .bias: 1
            case .norm(let normalization): normalization.learns ? 2 : 0
            }
        }

        /// Maps kept beside the one that the next layer takes.
        var kept: Double {
            switch self {
            case .bias: 0
            case .norm: 1
            }
        }

        public init(_ normalization: Normalization?) { self = normalization.map(After.norm) ?? .bias }
    }

    /// A convolution whose map is of `size`, with what follows it.
    public static func convolution(_ inputs: Int, _ outputs: Int, kernel: Int, at size: MapSize, _ after: After) -> Cost {
        var cost = Cost()
        let weights = inputs * outputs * kernel * kernel
        cost.parameters = weights + outputs * after.parametersAChannel
        cost.multiplyAdds = Double(weights) * size.cells
        cost.keptValues = Double(outputs) * size.cells * (1 + after.kept)
        return cost
    }

    public static func linear(_ inputs: Int, _ outputs: Int, bias: Bool = true) -> Cost {
        var cost = convolution(inputs, outputs, kernel: 1, at: MapSize(height: 1, width: 1), .bias)
        if !bias { cost.parameters -= outputs }
        return cost
    }
}
