import COCO
import Foundation
import Support
import Vision

/// One validation picture as ground truth and as each method sees it.
struct GalleryImage {
    let fileName: String
    /// "ground truth" and the methods, each with the picture drawn on.
    let panels: [(title: String, jpeg: [UInt8])]

    /// How many pictures a report shows, and the score from which on a detection is drawn.
    static let count = 6
    static let drawnScore = 0.5
    static let width = 240

    /// Pictures spread evenly over the validation set, so that nobody chose them.
    ///
    /// - Parameter folder: a benchmark's, whose benchmark.json names the dataset.
    /// - Throws: `UserError` naming the file that is missing or cannot be read.
    static func choose(from folder: String, _ rows: [Report.Row]) throws -> [GalleryImage] {
        let benchmark = try JSON.read("\(folder)/benchmark.json")
        func path(_ name: String) throws -> String {
            guard let place = benchmark[name]?.string else { throw UserError("does not name its \(name)", file: "\(folder)/benchmark.json") }
            return place.hasPrefix("/") ? place : "\(folder)/\(place)"
        }
        let (annotations, images) = (try path("annotations"), try path("images"))
        let dataset = try Dataset.read(annotations)
        let results = try rows.compactMap { row in
            try row.runs.first.map { (row.method, try Results.read("\($0.folder)/results.json")) }
        }
        let step = max(dataset.images.count / count, 1)
        return try stride(from: 0, to: dataset.images.count, by: step).prefix(count).map { index in
            let info = dataset.images[index]
            let picture = try JPEG.read("\(images)/\(info.fileName)")
            let truth = try dataset.annotations(ofImage: index).map(Int.init).map { i in
                Mark(mask: try dataset.mask(of: i), box: dataset.boxes[i], category: Int(dataset.categoryIndices[i]), label: nil)
            }
            var panels = [("ground truth", try drawn(picture, truth, dataset))]
            let places = Dictionary(uniqueKeysWithValues: dataset.categories.enumerated().map { ($1.id, $0) })
            for (method, results) in results {
                let marks = try results.imageIDs.indices.filter {
                    results.imageIDs[$0] == info.id && results.scores[$0] >= drawnScore
                }.map { i in
                    Mark(
                        mask: try results.mask(i, height: info.height, width: info.width), box: results.boxes[i],
                        category: places[results.categoryIDs[i]] ?? 0, label: String(format: "%.2f", results.scores[i]))
                }
                panels.append((method, try drawn(picture, marks, dataset)))
            }
            return GalleryImage(fileName: info.fileName, panels: panels.map { (title: $0.0, jpeg: $0.1) })
        }
    }

    private struct Mark {
        let mask: RLE
        let box: COCO.Box
        let category: Int
        let label: String?
    }

    private static func drawn(_ picture: Image, _ marks: [Mark], _ dataset: Dataset) throws -> [UInt8] {
        // Drawn at the size that is shown, so that lines and letters are sharp.
        let scale = Double(width) / Double(picture.width)
        let height = max(Int(Double(picture.height) * scale), 1)
        var canvas = Canvas(picture)
        let palette = Palette()
        for mark in marks { canvas.fill(mask: mark.mask.decode(), color: palette[mark.category], opacity: 0.45) }
        var shown = Canvas(canvas.image.resized(width: width, height: height, filter: .bilinear))
        for mark in marks {
            let (x, y) = (mark.box.x * scale, mark.box.y * scale)
            shown.rectangle(
                x: x, y: y, width: mark.box.width * scale, height: mark.box.height * scale, color: palette[mark.category])
            let name = dataset.categories[mark.category].name
            shown.label([name, mark.label].compactMap { $0 }.joined(separator: " "), x: x, y: y, color: palette[mark.category])
        }
        return try JPEG.encode(shown.image, quality: 85)
    }
}
