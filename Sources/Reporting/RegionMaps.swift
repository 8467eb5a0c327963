import Foundation
import Support
import Vision

/// How like one region of an image its others are to the backbone of each method, before fine-tuning: the mechanism that
/// E-DIY's paper claims, to be looked at.
struct RegionMaps {
    /// A map as a run's regions.json holds it.
    struct Map: Equatable {
        let fileName: String
        /// Cells a side.
        let grid: Int
        /// The place of the region that the others are held against, row by row.
        let region: Int
        /// Cosines of all regions with it, row by row.
        let similarities: [Double]

        /// How many cells a side are drawn at most.
        private static let limit = 64

        /// Nil for what is no map; regions.json may come from anywhere.
        init?(_ json: JSON) {
            guard let name = json["file_name"]?.string, let grid = json["grid"]?.int, (1...Self.limit).contains(grid),
                let region = json["region"]?.int, (0..<grid * grid).contains(region),
                let values = json["similarities"]?.array?.compactMap(\.double), values.count == grid * grid
            else { return nil }
            fileName = name
            self.grid = grid
            self.region = region
            similarities = values
        }

        /// Of the other regions.
        var mean: Double {
            let others = similarities.enumerated().filter { $0.offset != region }
            return others.isEmpty ? 1 : others.reduce(0) { $0 + $1.element } / Double(others.count)
        }

        /// Whether both are of one place in one image.
        func isComparable(with other: Map) -> Bool { fileName == other.fileName && grid == other.grid && region == other.region }
    }

    /// One region of one image to every method that has the map, each of its first seed.
    struct Sheet {
        let fileName: String
        let jpeg: [UInt8]
        let width: Int
        let height: Int
        let maps: [(method: String, map: Map)]
    }

    let images: [Sheet]

    private static let shownWidth = 240
    private static let count = 4

    /// - Parameters:
    ///   - images: the folder of the validation images; nothing is shown without.
    ///   - notes: gets a line where an image cannot be shown.
    init(_ rows: [Report.Row], images folder: String?, _ notes: inout [String]) {
        let byMethod = rows.compactMap { row -> (method: String, maps: [Map])? in
            let maps = row.runs.lazy.compactMap { $0.regions?["maps"]?.array }.first?.compactMap(Map.init) ?? []
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
                return Sheet(
                    fileName: map.fileName, jpeg: try JPEG.encode(shown, quality: 80), width: shown.width, height: height, maps: maps)
            } catch {
                notes.append("the region similarity of an image is not shown: \(error)")
                return nil
            }
        }
    }
}

extension RegionMaps.Sheet {
    /// The image, which the page holds once under `id`, with the region that the others are held against outlined.
    func svg(title: String, imageID id: String) -> String {
        guard let map = maps.first?.map else { return "" }
        return svg("map plain", title, id, outline(map))
    }

    /// The map over the grey image.
    func svg(_ map: RegionMaps.Map, title: String, imageID id: String) -> String {
        let cells = map.similarities.enumerated().map { i, value in
            "<rect \(place(i, map.grid)) fill=\"\(SimilarityColor(value).hex)\"/>"
        }
        return svg("map", title, id, "<g fill-opacity=\".72\">\(cells.joined())</g>" + outline(map))
    }

    private func svg(_ style: String, _ title: String, _ id: String, _ inside: String) -> String {
        "<svg class=\"\(style)\" viewBox=\"0 0 \(width) \(height)\" role=\"img\" aria-label=\"\(HTML.escaped(title))\">"
            + "<use href=\"#\(id)\"/>\(inside)</svg>"
    }

    /// White within black, to be seen on anything.
    private func outline(_ map: RegionMaps.Map) -> String {
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

/// A cosine as a colour: matplotlib's viridis from 0, and what is less, to 1.
struct SimilarityColor {
    let hex: String

    static let scale = [
        "#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70", "#7ad151", "#bddf26", "#fde725",
    ]

    init(_ cosine: Double) {
        let place = (min(max(cosine.isFinite ? cosine : 0, 0), 1) * Double(Self.scale.count - 1)).rounded()
        hex = Self.scale[Int(place)]
    }
}
