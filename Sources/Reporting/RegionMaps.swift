import Foundation
import Runs
import Support
import Vision

/// How like one region of an image its others are to the backbone of each method, before fine-tuning: the mechanism that
/// arXiv 2106.00537 claims, to be looked at.
struct RegionMaps {
    /// One region of one image to every method that has the map, each of its first seed.
    struct Map {
        let fileName: String
        let jpeg: [UInt8]
        let width: Int
        let height: Int
        let maps: [(method: String, map: RegionSimilarity)]
    }

    let images: [Map]

    private static let shownWidth = 240
    private static let count = 4
    /// Regions per side that can be told apart at that width.
    private static let limit = 64

    /// - Parameters:
    ///   - images: the folder of the validation images; nothing is shown without.
    ///   - notes: gets a line where an image cannot be shown.
    init(_ rows: [Report.Row], images folder: String?, _ notes: inout [String]) {
        let byMethod = rows.compactMap { row -> (method: String, maps: [RegionSimilarity])? in
            let maps = row.runs.lazy.compactMap { $0.regions?.maps }.first { !$0.isEmpty }?.filter { $0.grid <= Self.limit } ?? []
            return maps.isEmpty ? nil : (row.method, maps)
        }
        guard let folder else {
            images = []
            return
        }
        images = (byMethod.first?.maps ?? []).prefix(Self.count).compactMap { map in
            let maps = byMethod.compactMap { method, maps in
                maps.first { $0.isComparable(with: map) }.map { (method: method, map: $0) }
            }
            do {
                let image = try ImageFile.read("\(folder)/\(map.fileName)")
                let height = max(image.height * Self.shownWidth / image.width, 1)
                let shown = image.resized(width: Self.shownWidth, height: height, filter: .bilinear)
                return Map(
                    fileName: map.fileName, jpeg: try JPEG.encode(shown, quality: 80), width: shown.width, height: height, maps: maps)
            } catch {
                notes.append("the region similarity of an image is not shown: \(error)")
                return nil
            }
        }
    }

    /// Nil without images.
    var sheet: ImageSheet? {
        guard !images.isEmpty else { return nil }
        return ImageSheet(
            intro: "Below, the cosine of every region with the outlined one, where the largest object of the image lies, to each method's"
                + " first seed:",
            scale: (0...10).map { ColorMap.viridis(Double($0) / 10).hex },
            rows: images.enumerated().map { i, image in
                let id = "map\(i)"
                let maps = image.maps.map { method, map in
                    let title = "\(method), mean \(String(format: "%.2f", map.mean))"
                    let svg = image.svg(map, title: "\(image.fileName): \(title)", imageID: id)
                    return (title: title, content: ImageSheet.Content.svg(svg))
                }
                return ImageSheet.Row(
                    title: image.fileName, name: image.fileName, shared: (id, image.jpeg, image.width, image.height),
                    panels: [("the image", .svg(image.svg(title: image.fileName, imageID: id)))] + maps)
            })
    }
}

extension RegionMaps.Map {
    /// The image, which the page holds once under `id`, with the region that the others are held against outlined.
    fileprivate func svg(title: String, imageID id: String) -> String {
        guard let map = maps.first?.map else { return "" }
        return svg("map plain", title, id, outline(map))
    }

    /// The map over the grey image: viridis from a cosine of 0, and less, to 1.
    fileprivate func svg(_ map: RegionSimilarity, title: String, imageID id: String) -> String {
        let cells = map.similarities.enumerated().map { i, value in
            "<rect \(place(i, map.grid)) fill=\"\(ColorMap.viridis(value).hex)\"/>"
        }
        return svg("map", title, id, "<g fill-opacity=\".72\">\(cells.joined())</g>" + outline(map))
    }

    private func svg(_ style: String, _ title: String, _ id: String, _ inside: String) -> String {
        "<svg class=\"\(style)\" viewBox=\"0 0 \(width) \(height)\" role=\"img\" aria-label=\"\(HTML.escaped(title))\">"
            + "<use href=\"#\(id)\"/>\(inside)</svg>"
    }

    /// White within black, to be seen on anything.
    private func outline(_ map: RegionSimilarity) -> String {
        [("#000", 5), ("#fff", 2.5)].map { color, width in
            "<rect \(place(map.region, map.grid)) fill=\"none\" stroke=\"\(color)\" stroke-width=\"\(width)\"/>"
        }.joined()
    }

    /// Where a cell lies.
    private func place(_ cell: Int, _ grid: Int) -> String {
        let (w, h) = (Double(width) / Double(grid), Double(height) / Double(grid))
        let (x, y) = (Double(cell % grid) * w, Double(cell / grid) * h)
        return zip(["x", "y", "width", "height"], [x, y, w, h]).map { "\($0)=\"\(Chart.tenths($1))\"" }.joined(separator: " ")
    }
}
