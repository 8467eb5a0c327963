import Torch

/// How the weights of a layer begin. `fanIn` and `fanOut` are the inputs of one output, and the outputs of one input.
public enum Initializer: Sendable {
    /// PyTorch's default of convolutions and linear layers: uniform within 1 / √fanIn (He with a = √5).
    case standard
    /// He et al. 2015, normal, by the outputs: torchvision's for ResNet.
    case heNormalFanOut
    /// He et al. 2015, normal, by the inputs, for ReLU (Caffe2's MSRAFill, in Detectron2's heads by the outputs).
    case heNormalFanIn
    /// Uniform within √(3 / inputs): Caffe2's XavierFill, Detectron2's for pyramids and fully connected layers.
    case xavierFanIn
    /// Normal around 0: Detectron2's heads.
    case normal(deviation: Double)

    /// New weights (outputs, inputs per group, kernel…).
    func weight(_ shape: [Int], fanIn: Int, fanOut: Int, using generator: Generator) -> Tensor {
        switch self {
        case .standard:
            let bound = 1 / Double(fanIn).squareRoot()
            return .uniform(shape, -bound, bound, generator: generator)
        case .heNormalFanOut:
            return .normal(shape, deviation: (2 / Double(fanOut)).squareRoot(), generator: generator)
        case .heNormalFanIn:
            return .normal(shape, deviation: (2 / Double(fanIn)).squareRoot(), generator: generator)
        case .xavierFanIn:
            let bound = (3 / Double(fanIn)).squareRoot()
            return .uniform(shape, -bound, bound, generator: generator)
        case .normal(let deviation):
            return .normal(shape, deviation: deviation, generator: generator)
        }
    }

    /// A new bias: PyTorch's uniform one with `standard`, zeros with all others.
    func bias(_ count: Int, fanIn: Int, using generator: Generator) -> Tensor {
        if case .standard = self {
            let bound = 1 / Double(fanIn).squareRoot()
            return .uniform([count], -bound, bound, generator: generator)
        }
        return .zeros([count])
    }
}
