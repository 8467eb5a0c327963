import Foundation

/// A mean over seeds, with how far it can be trusted.
public struct Estimate: Sendable, Equatable {
    public let mean: Double
    public let count: Int
    /// Half the width of the 95% interval by Student's t; nil with one value, from which no spread can be told.
    public let halfWidth: Double?

    /// Nil without values.
    public init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        count = values.count
        let mean = values.reduce(0, +) / Double(values.count)
        self.mean = mean
        guard values.count > 1 else {
            halfWidth = nil
            return
        }
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
        halfWidth =
            StudentT(degrees: Double(values.count - 1)).quantile(0.975)
            * (variance / Double(values.count)).squareRoot()
    }
}

/// A paired comparison: the same seeds with and without a treatment.
public struct PairedComparison: Sendable, Equatable {
    public let differences: [Double]
    /// Of the differences.
    public let gain: Estimate
    /// Two-sided p of the paired t test; nil with one pair, or with differences that are all the same.
    public let p: Double?

    /// Nil without pairs.
    public init?(differences: [Double]) {
        guard let gain = Estimate(differences) else { return nil }
        self.differences = differences
        self.gain = gain
        guard let half = gain.halfWidth, half > 0 else {
            p = nil
            return
        }
        let t = StudentT(degrees: Double(differences.count - 1))
        p = t.beyond(gain.mean / (half / t.quantile(0.975)))
    }
}

/// Holm's correction (Scandinavian Journal of Statistics 6, 1979) of p values for being tested together: what each may be held
/// against a level that none of true hypotheses shall fall below by chance.
public func holm(_ ps: [Double]) -> [Double] {
    var adjusted = ps
    var highest = 0.0
    for (rank, i) in ps.indices.sorted(by: { (ps[$0], $0) < (ps[$1], $1) }).enumerated() {
        highest = max(highest, min(ps[i] * Double(ps.count - rank), 1))
        adjusted[i] = highest
    }
    return adjusted
}

/// Student's distribution.
struct StudentT {
    let degrees: Double

    /// P(T ≤ t).
    func cumulative(_ t: Double) -> Double {
        t > 0 ? 1 - beyond(t) / 2 : beyond(t) / 2
    }

    /// P(|T| ≥ |t|), exact far out too.
    func beyond(_ t: Double) -> Double { incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) }

    /// The t with P(T ≤ t) = p, by bisection; for p of 0.5 and more.
    func quantile(_ p: Double) -> Double {
        var (low, high) = (0.0, 1.0)
        while cumulative(high) < p { high *= 2 }
        while true {
            let middle = (low + high) / 2
            // No number lies between neighbours.
            guard low < middle && middle < high else { return middle }
            if cumulative(middle) < p { low = middle } else { high = middle }
        }
    }
}

/// The regularised incomplete beta function Iₓ(a, b), by its continued fraction (Abramowitz and Stegun 26.5.8) evaluated
/// with Lentz's method.
private func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    // The fraction converges fast on one side of the mean alone; at it, either will do.
    guard x <= (a + 1) / (a + b + 2) else { return 1 - incompleteBeta(1 - x, b, a) }
    let logBeta: Double = lgamma(a) + lgamma(b) - lgamma(a + b)
    let logPowers: Double = a * log(x) + b * log(1 - x)
    let front = exp(logPowers - logBeta) / a
    let tiny = 1e-300
    func away(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    let first: Double = 1 - (a + b) * x / (a + 1)
    var d = 1 / away(first)
    var fraction = d
    for m in stride(from: 1.0, through: 300, by: 1) {
        let place = a + 2 * m
        let even: Double = m * (b - m) * x / ((place - 1) * place)
        let odd: Double = -(a + m) * (a + b + m) * x / (place * (place + 1))
        for numerator in [even, odd] {
            d = 1 / away(1 + numerator * d)
            c = away(1 + numerator / c)
            fraction *= c * d
        }
        if abs(c * d - 1) < 1e-16 { break }
    }
    return front * fraction
}
