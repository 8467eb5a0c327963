import Support

/// Sizes of detection images: the shorter side one of a list or a range, the longer one bounded. Source: Detectron2's
/// `ResizeShortestEdge`.
public struct ShortestEdge: Sendable, Equatable {
    /// What training draws from.
    public enum Sampling: String, Sendable, CaseIterable {
        /// The lengths.
        case list
        /// All from the first of two lengths to the last.
        case range
    }

    public let lengths: [Int]
    public let longest: Int
    public let sampling: Sampling

    public init(_ lengths: [Int], longest: Int, sampling: Sampling = .list) {
        precondition(!lengths.isEmpty && lengths.allSatisfy { $0 > 0 } && longest > 0, "edges of images")
        precondition(sampling == .list || lengths.count == 2 && lengths[0] <= lengths[1], "two lengths make a range")
        self.lengths = lengths
        self.longest = longest
        self.sampling = sampling
    }

    public func draw(using generator: inout SeededGenerator) -> Int {
        switch sampling {
        case .list: lengths[generator.integer(in: 0..<lengths.count)]
        case .range: generator.integer(in: lengths[0]..<lengths[1] + 1)
        }
    }

    /// The size of an image whose shorter side becomes `edge`.
    public func size(width: Int, height: Int, edge: Int) -> (width: Int, height: Int) {
        let scale = Double(edge) / Double(min(width, height))
        var (w, h) = height < width ? (scale * Double(width), Double(edge)) : (Double(edge), scale * Double(height))
        if max(w, h) > Double(longest) {
            let shrink = Double(longest) / max(w, h)
            w *= shrink
            h *= shrink
        }
        return (max(Int(w + 0.5), 1), max(Int(h + 0.5), 1))
    }

    /// The same as torchvision's detectors compute it: one scale for both sides, which are rounded down.
    public func sizeRoundedDown(width: Int, height: Int, edge: Int) -> (width: Int, height: Int) {
        let scale = min(Double(edge) / Double(min(width, height)), Double(longest) / Double(max(width, height)))
        return (max(Int(Double(width) * scale), 1), max(Int(Double(height) * scale), 1))
    }
}
