import Foundation
import Torch

/// Values that the fixtures' scripts compute too, so that no weights are stored: the scattered fractions
/// of 9973 |sin(1.7 k + 0.9 index + 0.3)|, within ±scale around `shift`.
public func sines(_ index: Int, _ shape: [Int], _ scale: Double, shift: Double = 0) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor(
        (0..<count).map { k in
            let large = abs(sin(Double(k) * 1.7 + Double(index) * 0.9 + 0.3)) * 9973
            return Float((large.truncatingRemainder(dividingBy: 1) * 2 - 1) * scale + shift)
        }, shape)
}

/// What a tensor's values begin at by its name.
public func index(ofName name: String) -> Int {
    name.utf8.enumerated().reduce(0) { $0 + ($1.offset + 1) * Int($1.element) } % 997
}

/// A tensor of a network by its name, as the fixtures' scripts make it too: weights as large as He's, scales and running
/// variances around 1.
public func initialTensor(_ name: String, _ shape: [Int]) -> Tensor {
    let index = index(ofName: name)
    if name.hasSuffix("num_batches_tracked") { return .zeros(shape, dtype: .int64) }
    if name.hasSuffix("running_var") { return sines(index, shape, 0.5, shift: 1) }
    if name.hasSuffix("running_mean") { return sines(index, shape, 0.1) }
    if shape.count > 1 { return sines(index, shape, (6 / Double(shape.dropFirst().reduce(1, *))).squareRoot()) }
    return sines(index, shape, 0.2, shift: name.hasSuffix("weight") ? 1 : 0)
}

/// The largest difference over the largest value.
public func relativeError(_ a: Tensor, _ b: Tensor) -> Double {
    (a - b).abs().max().item / b.abs().max().item
}
