import COCO

/// What a mask should be inside a box: the polygons cut to it, scaled to side × side, and rasterised as the mask API
/// rasterises. Source: Detectron2's `rasterize_polygons_within_box`.
///
/// - Parameters:
///   - polygons: in the image, each x₀, y₀, x₁, y₁, …
///   - box: x₀, y₀, x₁, y₁
/// - Returns: side × side values, rows one after the other.
public func maskTarget(polygons: [[Double]], box: [Float], side: Int) -> [UInt8] {
    // A box as thin as a tenth of a pixel is taken for one of that.
    let scaleX = Double(side) / Double(max(box[2] - box[0], 0.1))
    let scaleY = Double(side) / Double(max(box[3] - box[1], 0.1))
    let local = polygons.map { polygon in
        polygon.enumerated().map { i, value in
            i % 2 == 0 ? (value - Double(box[0])) * scaleX : (value - Double(box[1])) * scaleY
        }
    }
    // The rasteriser's integers have an end; nothing that far outside of the box shows in it.
    let bounded = local.map { $0.map { min(max($0, -1e6), 1e6) } }
    return RLE(polygons: bounded, height: side, width: side).decode()
}
