import Foundation
import NN
import Torch

/// Values that `make_torchvision_fpn.py` computes too, so that no weights are stored: the scattered fractions
/// of 9973 |sin(1.7 k + 0.9 index + 0.3)|, within ±scale around `shift`.
func sines(_ index: Int, _ shape: [Int], _ scale: Double, shift: Double = 0) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor(
        (0..<count).map { k in
            let large = abs(sin(Double(k) * 1.7 + Double(index) * 0.9 + 0.3)) * 9973
            return Float((large.truncatingRemainder(dividingBy: 1) * 2 - 1) * scale + shift)
        }, shape)
}

func fixture(_ name: String, from file: String = #filePath) -> String {
    URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)").path
}

/// The largest difference over the largest value.
func relativeError(_ a: Tensor, _ b: Tensor) -> Double {
    (a - b).abs().max().item / b.abs().max().item
}
