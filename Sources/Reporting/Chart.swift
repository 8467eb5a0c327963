import Foundation

/// A line chart as inline SVG: one line a series, axes with a few round numbers, colours from the page's style.
struct Chart {
    struct Series {
        let name: String
        let points: [(x: Double, y: Double)]
    }

    let title: String
    let xTitle: String
    let series: [Series]

    private static let width = 460.0, height = 240.0
    private static let left = 52.0, right = 12.0, top = 12.0, bottom = 34.0
    /// Points a line; more are averaged, since no screen shows them.
    private static let resolution = 200

    var svg: String {
        let lines = series.map { Series(name: $0.name, points: Self.thinned($0.points)) }
        let all = lines.flatMap(\.points)
        guard let xs = Self.range(all.map(\.x)), let ys = Self.range(all.map(\.y)) else { return "" }
        func x(_ v: Double) -> Double { Self.left + (v - xs.low) / (xs.high - xs.low) * (Self.width - Self.left - Self.right) }
        func y(_ v: Double) -> Double { Self.height - Self.bottom - (v - ys.low) / (ys.high - ys.low) * (Self.height - Self.top - Self.bottom) }
        var out = "<svg class=\"chart\" viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" aria-label=\"\(HTML.escaped(title))\">"
        for tick in Self.ticks(ys.low, ys.high) {
            out += "<line class=\"grid\" x1=\"\(Self.left)\" x2=\"\(Self.width - Self.right)\" y1=\"\(Self.f(y(tick)))\" y2=\"\(Self.f(y(tick)))\"/>"
            out += "<text x=\"\(Self.left - 6)\" y=\"\(Self.f(y(tick) + 4))\" text-anchor=\"end\">\(Self.label(tick))</text>"
        }
        for tick in Self.ticks(xs.low, xs.high) {
            out += "<text x=\"\(Self.f(x(tick)))\" y=\"\(Self.height - 16)\" text-anchor=\"middle\">\(Self.label(tick))</text>"
        }
        out += "<text x=\"\((Self.left + Self.width - Self.right) / 2)\" y=\"\(Self.height - 2)\" text-anchor=\"middle\">\(HTML.escaped(xTitle))</text>"
        for (i, line) in lines.enumerated() {
            let path = line.points.map { "\(Self.f(x($0.x))),\(Self.f(y($0.y)))" }.joined(separator: " ")
            out += "<polyline class=\"line c\(i % 6)\" points=\"\(path)\"><title>\(HTML.escaped(line.name))</title></polyline>"
        }
        return out + "</svg>"
    }

    private static func f(_ value: Double) -> String { String(format: "%.1f", value) }

    private static func label(_ value: Double) -> String { String(format: "%.4g", value) }

    private static func range(_ values: [Double]) -> (low: Double, high: Double)? {
        let finite = values.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return nil }
        return low < high ? (low, high) : (low - 0.5, high + 0.5)
    }

    /// Round numbers between the bounds, about five.
    private static func ticks(_ low: Double, _ high: Double) -> [Double] {
        let rough = (high - low) / 5
        let power = pow(10, log10(rough).rounded(.down))
        let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
        return Array(stride(from: (low / step).rounded(.up) * step, through: high, by: step))
    }

    private static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
        let size = (points.count + resolution - 1) / resolution
        guard size > 1 else { return points }
        return stride(from: 0, to: points.count, by: size).map { start in
            let part = points[start..<min(start + size, points.count)]
            return (part.map(\.x).reduce(0, +) / Double(part.count), part.map(\.y).reduce(0, +) / Double(part.count))
        }
    }
}

/// Text made safe for HTML.
enum HTML {
    static func escaped(_ text: String) -> String {
        var out = ""
        for character in text {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.append(character)
            }
        }
        return out
    }
}
