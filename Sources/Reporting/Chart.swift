import Foundation

/// A line chart as inline SVG: one line a series, with a band where it has one, axes with a few round numbers, colours and
/// dashes from the page's style.
///
/// Ours, since no well-kept library serves: swift-plot, SwiftCharts and Swift Charts were weighed (the first draws through
/// a renderer and has not been kept, the others need Apple's frameworks), and every other one brings a JavaScript engine.
struct Chart {
    struct Series {
        let name: String
        let points: [(x: Double, y: Double, low: Double, high: Double)]

        init(name: String, points: [(x: Double, y: Double, low: Double, high: Double)]) {
            self.name = name
            self.points = points
        }

        /// The mean of curves over the same places from 0 to 1, with a band from the least to the greatest.
        init(name: String, meanOf curves: [[Double]]) {
            let count = curves.map(\.count).min() ?? 0
            self.init(
                name: name,
                points: (0..<count).map { i in
                    let values = curves.map { $0[i] }
                    return (
                        Double(i) / Double(max(count - 1, 1)), values.reduce(0, +) / Double(values.count), values.min() ?? 0,
                        values.max() ?? 0
                    )
                })
        }
    }

    let title: String
    let xTitle: String
    let series: [Series]
    /// What both axes span; nil spans what is drawn.
    var span: ClosedRange<Double>?

    private static let width = 460.0, height = 240.0
    private static let left = 52.0, right = 12.0, top = 12.0, bottom = 34.0
    /// Points a line; more are averaged, since no screen shows them.
    private static let resolution = 160

    /// The classes of line number `i`: neighbours differ in colour and in dashes, so that neither alone need be seen.
    static func style(_ i: Int) -> String { "c\(i % 8) d\(i % 3)" }

    /// What the chart shows, in words: where each line begins and ends.
    private var summary: String {
        let lines = series.compactMap { line -> String? in
            guard let first = line.points.first, let last = line.points.last else { return nil }
            return "\(line.name) from \(Self.label(first.y)) to \(Self.label(last.y))"
        }
        return "\(title) by \(xTitle): \(lines.joined(separator: "; "))"
    }

    /// Whether there is nothing to draw.
    var isEmpty: Bool { series.allSatisfy { Self.thinned($0.points).isEmpty } }

    /// Empty where there is nothing to draw.
    var svg: String {
        let lines = series.map { Self.thinned($0.points) }
        let all = lines.joined()
        guard let xs = span.map({ ($0.lowerBound, $0.upperBound) }) ?? Self.range(all.map(\.x)),
            let ys = span.map({ ($0.lowerBound, $0.upperBound) }) ?? Self.range(all.flatMap { [$0.low, $0.high] }), !all.isEmpty
        else { return "" }
        func x(_ v: Double) -> String { Self.tenths(Self.left + (v - xs.0) / (xs.1 - xs.0) * (Self.width - Self.left - Self.right)) }
        func y(_ v: Double) -> String {
            Self.tenths(Self.height - Self.bottom - (v - ys.0) / (ys.1 - ys.0) * (Self.height - Self.top - Self.bottom))
        }
        var out = "<svg class=\"chart\" viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\""
        out += " aria-label=\"\(HTML.escaped(summary))\">"
        for tick in Self.ticks(ys.0, ys.1) {
            out += "<line class=\"grid\" x1=\"\(Self.left)\" x2=\"\(Self.width - Self.right)\" y1=\"\(y(tick))\" y2=\"\(y(tick))\"/>"
            out += "<text x=\"\(Self.left - 6)\" y=\"\(y(tick))\" dy=\"4\" text-anchor=\"end\">\(Self.label(tick))</text>"
        }
        for tick in Self.ticks(xs.0, xs.1) {
            out += "<text x=\"\(x(tick))\" y=\"\(Self.height - 16)\" text-anchor=\"middle\">\(Self.label(tick))</text>"
        }
        let middle = (Self.left + Self.width - Self.right) / 2
        out += "<text x=\"\(middle)\" y=\"\(Self.height - 2)\" text-anchor=\"middle\">\(HTML.escaped(xTitle))</text>"
        for (i, line) in lines.enumerated() where line.contains(where: { $0.low < $0.high }) {
            let edge = line.map { "\(x($0.x)),\(y($0.high))" } + line.reversed().map { "\(x($0.x)),\(y($0.low))" }
            out += "<polygon class=\"band \(Self.style(i))\" points=\"\(edge.joined(separator: " "))\"/>"
        }
        for (i, line) in lines.enumerated() where !line.isEmpty {
            let path = line.map { "\(x($0.x)),\(y($0.y))" }.joined(separator: " ")
            out += "<polyline class=\"line \(Self.style(i))\" points=\"\(path)\"><title>\(HTML.escaped(series[i].name))</title></polyline>"
        }
        return out + "</svg>"
    }

    static func tenths(_ value: Double) -> String {
        // String(format:) would take most of a large report's time.
        let tenths = Int((value * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    static func label(_ value: Double) -> String { String(format: "%.4g", value).replacingOccurrences(of: "-", with: "−") }

    private static func range(_ values: [Double]) -> (Double, Double)? {
        let finite = values.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return nil }
        return low < high ? (low, high) : (low - 0.5, high + 0.5)
    }

    /// Round numbers between the bounds, about five.
    static func ticks(_ low: Double, _ high: Double) -> [Double] {
        let rough = (high - low) / 5
        let power = pow(10, log10(rough).rounded(.down))
        let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough * (1 - 1e-9) } ?? rough
        // The last one is kept although it is reached by sums that round.
        let ticks = stride(from: (low / step).rounded(.up) * step, through: high + step * 1e-9, by: step)
        // Sums that round reach 0 from either side.
        return ticks.map { abs($0) < step * 1e-9 ? 0 : $0 }
    }

    private typealias Point = (x: Double, y: Double, low: Double, high: Double)

    private static func thinned(_ points: [Point]) -> [Point] {
        let points = points.filter { $0.x.isFinite && $0.low.isFinite && $0.high.isFinite }
        let size = (points.count + resolution - 1) / resolution
        guard size > 1 else { return points }
        return stride(from: 0, to: points.count, by: size).map { start in
            let part = points[start..<min(start + size, points.count)]
            func mean(_ value: (Point) -> Double) -> Double { part.reduce(0) { $0 + value($1) } / Double(part.count) }
            return (mean(\.x), mean(\.y), mean(\.low), mean(\.high))
        }
    }
}
