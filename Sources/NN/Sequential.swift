import Torch

/// A part of a network that maps one tensor to another.
public protocol Layer: Module {
    func callAsFunction(_ x: Tensor, _ mode: Mode) -> Tensor
}

/// Layers one after the other, named 0, 1, 2, … as PyTorch's `nn.Sequential` names them.
public struct Sequential: Layer {
    public let layers: [any Layer]

    public init(_ layers: [any Layer]) {
        self.layers = layers
    }

    public func callAsFunction(_ x: Tensor, _ mode: Mode) -> Tensor {
        var x = x
        var next = layers.startIndex
        while next < layers.endIndex {
            // A ReLU after a normalisation is done with it.
            if let norm = layers[next] as? BatchNorm, next + 1 < layers.endIndex, layers[next + 1] is ReLU {
                x = norm(x, mode, activated: true)
                next += 2
            } else {
                x = layers[next](x, mode)
                next += 1
            }
        }
        return x
    }

    public func state(_ prefix: String) -> [StateEntry] {
        layers.enumerated().flatMap { $1.state("\(prefix)\($0).") }
    }
}

/// max(x, 0)
public struct ReLU: Layer {
    public init() {}

    public func callAsFunction(_ x: Tensor, _ mode: Mode) -> Tensor { x.relu() }

    public func state(_ prefix: String) -> [StateEntry] { [] }
}

// The same whether the network learns or answers.
extension Linear: Layer {
    public func callAsFunction(_ x: Tensor, _ mode: Mode) -> Tensor { self(x) }
}

extension Conv2d: Layer {
    public func callAsFunction(_ x: Tensor, _ mode: Mode) -> Tensor { self(x) }
}

extension ConvTranspose2d: Layer {
    public func callAsFunction(_ x: Tensor, _ mode: Mode) -> Tensor { self(x) }
}

extension BatchNorm: Layer {}
