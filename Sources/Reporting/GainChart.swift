import Foundation

/// The finding as an image: the gain of each seed, the mean with its interval over seeds, and the interval over images, about
/// the line of no gain.
struct GainChart {
    struct Line {
        let title: String
        /// The gain of each seed; none of a line over images.
        let seeds: [Double]
        let mean: Double
        let interval: ClosedRange<Double>?
    }

    let title: String
    let lines: [Line]

    private static let width = 460.0, left = 14.0, right = 14.0, top = 6.0, step = 40.0, bottom = 36.0

    /// Empty where there is nothing to draw.
    var svg: String {
        let ends = lines.flatMap { line in
            line.seeds + [line.mean, 0] + (line.interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
        }.map { $0 * 100 }
        guard let low = ends.min(), let high = ends.max() else { return "" }
        let margin = max((high - low) * 0.06, 0.05)
        let (first, last) = (low - margin, high + margin)
        let height = Self.top + Self.step * Double(lines.count) + Self.bottom
        func x(_ gain: Double) -> String {
            Chart.tenths(Self.left + (gain * 100 - first) / (last - first) * (Self.width - Self.left - Self.right))
        }
        var out = "<svg class=\"chart\" viewBox=\"0 0 \(Int(Self.width)) \(Int(height))\" role=\"img\""
        out += " aria-label=\"\(HTML.escaped(summary))\">"
        for tick in Chart.ticks(first, last) {
            let place = x(tick / 100), kind = abs(tick) < 1e-9 ? "zero" : "grid"
            // Below each line's title alone, and not through it.
            for i in lines.indices {
                let y = Self.top + Self.step * Double(i) + 17
                out += "<line class=\"\(kind)\" x1=\"\(place)\" x2=\"\(place)\" y1=\"\(Chart.tenths(y))\" y2=\"\(Chart.tenths(y + 20))\"/>"
            }
            out += "<text x=\"\(place)\" y=\"\(Chart.tenths(height - 18))\" text-anchor=\"middle\">\(Chart.label(tick))</text>"
        }
        out += "<text x=\"\(Self.width / 2)\" y=\"\(Chart.tenths(height - 3))\" text-anchor=\"middle\">\(HTML.escaped(title))</text>"
        for (i, line) in lines.enumerated() {
            let y = Self.top + Self.step * Double(i)
            let middle = Chart.tenths(y + 27)
            out += "<text x=\"\(Self.left)\" y=\"\(Chart.tenths(y + 13))\">\(HTML.escaped(line.title))</text>"
            if let interval = line.interval {
                let (low, high) = (x(interval.lowerBound), x(interval.upperBound))
                out += "<line class=\"interval\" x1=\"\(low)\" x2=\"\(high)\" y1=\"\(middle)\" y2=\"\(middle)\"/>"
            }
            for gain in line.seeds { out += "<circle class=\"seed\" cx=\"\(x(gain))\" cy=\"\(middle)\" r=\"3.5\"/>" }
            out += "<path class=\"mean\" d=\"M\(x(line.mean)) \(Chart.tenths(y + 20))v14\"/>"
        }
        return out + "</svg>"
    }

    /// The same in words.
    private var summary: String {
        let parts = lines.map { line in
            let interval = line.interval.map { ", 95% \(signedPoints($0.lowerBound)) to \(signedPoints($0.upperBound))" } ?? ""
            return "\(line.title): \(signedPoints(line.mean))\(interval)"
        }
        return ([title] + parts).joined(separator: "; ")
    }
}

extension GainChart {
    /// Nil where there is nothing to compare.
    init?(_ report: Report) {
        guard let candidate = report.candidate else { return nil }
        lines = report.types.flatMap { type -> [Line] in
            guard let pair = report.gain(candidate, type.rawValue) else { return [] }
            let gain = pair.gain
            let seeds = gain.count == 1 ? "one seed: no interval" : "over \(gain.count) seeds, each a dot"
            let overSeeds = Line(
                title: "\(type.noun) AP, \(seeds)", seeds: pair.differences, mean: gain.mean,
                interval: gain.halfWidth.map { gain.mean - $0...gain.mean + $0 })
            let overImages = report.detections.comparison(type)?.bySize.first?.line.map { line in
                Line(
                    title: "\(type.noun) AP, over \(report.detections.imageCount ?? 0) images", seeds: [], mean: line.difference,
                    interval: line.interval)
            }
            return [overSeeds] + [overImages].compactMap(\.self)
        }
        title = "gain of \(candidate.title) over \(report.baseline.title) in AP points, 95% intervals"
        if lines.isEmpty { return nil }
    }
}
