import Foundation
import NN
import Testing
import Torch

/// Tensors of a fixture by name.
struct Golden {
    private let dict: StateDict

    init(_ name: String, from file: String = #filePath) throws {
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
        dict = try SafeTensors.read(folder.appendingPathComponent("Fixtures/\(name).safetensors").path)
    }

    subscript(_ name: String) -> Tensor {
        get throws { try #require(dict[name], "\(name)") }
    }
}

/// The largest difference; infinite when shapes differ.
func distance(_ a: Tensor, _ b: Tensor) -> Double {
    guard a.shape == b.shape else { return .infinity }
    return a.count == 0 ? 0 : (a.to(.float64) - b.to(.float64)).abs().max().item
}
