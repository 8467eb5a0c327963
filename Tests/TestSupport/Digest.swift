import Foundation
import Support
import Torch

/// A tensor in three numbers, none of which stays when a single element moves: the sum, the sum of squares, and the product
/// with sin 1, sin 2, …
public struct Digest: CustomStringConvertible {
    let numbers: [Double]
    private let count: Int

    public init(_ tensor: Tensor) {
        let values: [Double] = tensor.array()
        count = values.count
        numbers = [
            values.reduce(0, +), values.reduce(0) { $0 + $1 * $1 },
            values.indices.reduce(0) { $0 + values[$1] * sin(Double($1 + 1)) },
        ]
    }

    /// Whether the numbers are a script's but for rounding.
    ///
    /// - Parameter tolerance: of an element, as a fraction of the elements' root mean square.
    public func isNear(_ expected: [Double], tolerance: Double) -> Bool {
        guard expected.count == 3 else { return false }
        let size = (expected[1] * Double(count)).squareRoot() + 1e-12
        let scales = [size, expected[1] + 1e-24, size]
        return zip(zip(numbers, expected), scales).allSatisfy { abs($0.0 - $0.1) <= tolerance * $1 }
    }

    public var description: String { "\(numbers)" }
}

extension JSON {
    /// The numbers of an array of numbers.
    public var doubles: [Double] { (array ?? []).compactMap(\.double) }
}
