import Vision

/// An image for people: a row a chosen region; in it the image with the region marked, and for each backbone the similarity
/// map; a scale of the colours below.
public struct RegionSheet {
    public let image: Image

    private static let gap = 8
    private static let titleHeight = 26
    private static let scaleHeight = 34

    /// - Parameters:
    ///   - side: the longer side of an image on the sheet.
    ///   - regions: places, both sides 0 ..< 1.
    ///   - columns: what the backbones are called, with their map of this image.
    public init(_ source: Image, side: Int = 360, regions: [(x: Double, y: Double)], columns: [(name: String, map: RegionMap)]) {
        let scale = Double(side) / Double(max(source.width, source.height))
        let (width, height) = (max(Int(Double(source.width) * scale), 1), max(Int(Double(source.height) * scale), 1))
        let small = source.rgb.resized(width: width, height: height, filter: .bicubic)
        let (gap, top) = (Self.gap, Self.titleHeight)
        var sheet = Image(
            width: (columns.count + 1) * (width + gap) + gap,
            height: top + regions.count * (height + gap) + Self.scaleHeight, color: .white)
        func left(_ column: Int) -> Int { gap + column * (width + gap) }
        func upper(_ row: Int) -> Int { top + row * (height + gap) }
        for (row, region) in regions.enumerated() {
            sheet.paste(small, x: left(0), y: upper(row))
            for (column, (_, map)) in columns.enumerated() {
                let heat = map.heat(with: map.region(x: region.x, y: region.y), over: small)
                sheet.paste(heat, x: left(column + 1), y: upper(row))
            }
        }
        var canvas = Canvas(sheet)
        for (row, region) in regions.enumerated() {
            for column in 0...columns.count {
                // The cell that is compared, of the first backbone's map where the image itself is shown.
                guard let map = columns.isEmpty ? nil : columns[max(column - 1, 0)].map else { continue }
                let cell = map.region(x: region.x, y: region.y)
                let (cellWidth, cellHeight) = (Double(width) / Double(map.width), Double(height) / Double(map.height))
                let x = Double(left(column)) + Double(cell % map.width) * cellWidth
                let y = Double(upper(row)) + Double(cell / map.width) * cellHeight
                // White within black shows on any ground.
                canvas.rectangle(x: x - 2, y: y - 2, width: cellWidth + 4, height: cellHeight + 4, color: .black, thickness: 4)
                canvas.rectangle(x: x - 1, y: y - 1, width: cellWidth + 2, height: cellHeight + 2, color: .white, thickness: 2)
            }
        }
        for (column, name) in (["image"] + columns.map(\.name)).enumerated() {
            canvas.label(Self.cut(name, to: width), x: Double(left(column)), y: Double(top - 4), color: .white, scale: 2)
        }
        Self.drawScale(on: &canvas, x: left(1), y: upper(regions.count) + 2, width: width)
        image = canvas.image
    }

    /// What fits of a name at two pixels a dot.
    private static func cut(_ name: String, to width: Int) -> String {
        var name = name
        while name.count > 1, Canvas.labelSize(name, scale: 2).width > width { name.removeLast() }
        return name
    }

    private static func drawScale(on canvas: inout Canvas, x: Int, y: Int, width: Int) {
        for i in 0..<width {
            canvas.rectangle(
                x: Double(x + i), y: Double(y), width: 1, height: 10, color: ColorMap.viridis(Double(i) / Double(max(width - 1, 1))))
        }
        let end = Canvas.labelSize("1", scale: 2).width
        canvas.label("0", x: Double(x), y: Double(y + 30), color: .white, scale: 2)
        canvas.label(
            "cosine", x: Double(x + width / 2 - Canvas.labelSize("cosine", scale: 2).width / 2), y: Double(y + 30), color: .white, scale: 2)
        canvas.label("1", x: Double(x + width - end), y: Double(y + 30), color: .white, scale: 2)
    }
}
