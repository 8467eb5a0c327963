import COCO
import Foundation

extension IoUType {
    /// "box AP", "mask AP".
    var noun: String { self == .bbox ? "box" : "mask" }

    /// What it is of, as a title has it.
    var objects: String { self == .bbox ? "Boxes" : "Masks" }
}

/// AP as papers write it: in hundredths.
func points(_ value: Double) -> String { String(format: "%.1f", value * 100) }

/// The same with its sign: "+2.1", "−0.3", "0.0".
func signedPoints(_ value: Double) -> String {
    let size = points(abs(value))
    return (size == points(0) ? "" : value < 0 ? "−" : "+") + size
}

extension Estimate {
    /// "31.4 ± 0.6", in hundredths.
    var asPoints: String { halfWidth.map { "\(points(mean)) ± \(points($0))" } ?? points(mean) }

    /// "+0.4 to +1.9", in hundredths.
    var interval: String? { halfWidth.map { "\(signedPoints(mean - $0)) to \(signedPoints(mean + $0))" } }
}
