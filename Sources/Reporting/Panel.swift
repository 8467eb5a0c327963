import COCO
import Foundation
import Support
import Vision

/// An image of a dataset with what is there, or what a detector found, drawn on it.
public struct Panel {
    public let jpeg: [UInt8]
    public let width: Int
    public let height: Int

    /// The score from which on a detection is drawn.
    public static let drawnScore = 0.5
    private static let shownWidth = 240

    private struct Mark {
        /// Nil for a detector of boxes.
        let mask: RLE?
        let box: COCO.Box
        let category: Int
        let label: String?
    }

    /// The ground truth.
    ///
    /// - Parameters:
    ///   - image: its place in the dataset.
    ///   - folder: of the images.
    /// - Throws: `UserError` for an image or a mask that cannot be used.
    public init(truth dataset: Dataset, image: Int, in folder: String) throws {
        let marks = try dataset.annotations(ofImage: image).map(Int.init).map { i in
            Mark(mask: try dataset.mask(of: i), box: dataset.boxes[i], category: Int(dataset.categoryIndices[i]), label: nil)
        }
        try self.init(marks, dataset, image, folder)
    }

    /// Detections with a score of `drawnScore` and more; parameters and errors as above.
    public init(_ results: Results, on dataset: Dataset, image: Int, in folder: String) throws {
        let info = dataset.images[image]
        let size = results.hasMasks ? info.height.flatMap { height in info.width.map { (height: height, width: $0) } } : nil
        let marks = try results.imageIDs.indices.filter {
            results.imageIDs[$0] == info.id && results.scores[$0] >= Self.drawnScore
        }.compactMap { i -> Mark? in
            guard let category = dataset.categories.firstIndex(where: { $0.id == results.categoryIDs[i] }) else { return nil }
            return Mark(
                mask: try size.map { try results.mask(i, height: $0.height, width: $0.width) }, box: results.boxes[i],
                category: category, label: String(format: "%.2f", results.scores[i]))
        }
        try self.init(marks, dataset, image, folder)
    }

    private init(_ marks: [Mark], _ dataset: Dataset, _ place: Int, _ folder: String) throws {
        let info = dataset.images[place]
        let file = try dataset.path(ofImage: place, in: folder)
        let image = try ImageFile.read(file)
        let annotated = (width: info.width ?? image.width, height: info.height ?? image.height)
        guard (image.width, image.height) == annotated else {
            throw UserError(
                "is \(image.width)×\(image.height), and by the annotations \(annotated.width)×\(annotated.height)", file: file,
                remedy: "check that images and annotations belong together")
        }
        // Drawn at the size that is shown, so that lines and letters are sharp.
        let scale = Double(Self.shownWidth) / Double(image.width)
        width = Self.shownWidth
        height = max(Int(Double(image.height) * scale), 1)
        var canvas = Canvas(image)
        let palette = Palette()
        for mark in marks {
            if let mask = mark.mask { canvas.fill(mask: mask.decode(), color: palette[mark.category], opacity: 0.45) }
        }
        var shown = Canvas(canvas.image.resized(width: width, height: height, filter: .bilinear))
        for mark in marks where !mark.box.x.isNaN {
            let (x, y) = (mark.box.x * scale, mark.box.y * scale)
            shown.rectangle(
                x: x, y: y, width: mark.box.width * scale, height: mark.box.height * scale, color: palette[mark.category])
            let name = dataset.categories[mark.category].name
            shown.label([name, mark.label].compactMap { $0 }.joined(separator: " "), x: x, y: y, color: palette[mark.category])
        }
        jpeg = try JPEG.encode(shown.image, quality: 80)
    }
}
