import Support

/// Sizes of detection images: the shorter side one of a list, the longer one bounded. Source: Detectron2's
/// `ResizeShortestEdge`.
public struct ShortestEdge: Sendable, Equatable {
    /// Drawn from for training.
    public let lengths: [Int]
    public let longest: Int

    public init(_ lengths: [Int], longest: Int) {
        precondition(!lengths.isEmpty && lengths.allSatisfy { $0 > 0 } && longest > 0, "edges of images")
        self.lengths = lengths
        self.longest = longest
    }

    public func draw(using generator: inout SeededGenerator) -> Int {
        lengths[generator.integer(in: 0..<lengths.count)]
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
}
