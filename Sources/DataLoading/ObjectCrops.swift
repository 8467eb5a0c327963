import COCO
import Foundation
import Support
import Vision

/// The objects of a COCO dataset cut out into a folder for each category: a set with classes to test a backbone on, without
/// another download.
public struct ObjectCrops: Sendable {
    /// What is shown around an object, as a part of its longer side.
    public var margin = 0.15
    /// Objects whose longer side is shorter, in pixels, are left out.
    public var leastSide = 24.0

    private static let quality = 95

    public init() {}

    /// Writes CATEGORY/IMAGE-ANNOTATION.jpg: squares around the objects that are no crowds, cut to the image. The folder
    /// appears when it is whole.
    ///
    /// - Parameters:
    ///   - images: the folder of the dataset's images.
    ///   - folder: a new one.
    /// - Returns: the names of the categories with the crops of each.
    /// - Throws: `UserError` for a folder that is there, an image that cannot be read, or a dataset without objects.
    public func write(_ dataset: Dataset, images: String, to folder: String, workers: Int = 2) throws -> [(name: String, count: Int)] {
        let files = FileManager.default
        guard !files.fileExists(atPath: folder) else {
            throw UserError("is there already", file: folder, remedy: "name another folder, or delete this one")
        }
        let kept = dataset.boxes.indices.filter {
            !dataset.isCrowd[$0] && max(dataset.boxes[$0].width, dataset.boxes[$0].height) >= leastSide
        }
        guard !kept.isEmpty else { throw UserError("no object is large enough", file: images, remedy: "lower the least side") }
        let counts = kept.reduce(into: [Int](repeating: 0, count: dataset.categories.count)) {
            $0[Int(dataset.categoryIndices[$1])] += 1
        }
        let names = dataset.categories.map { Self.folderName($0.name) }
        let partial = "\(folder).partial"
        do {
            if files.fileExists(atPath: partial) { try files.removeItem(atPath: partial) }
            for (name, count) in zip(names, counts) where count > 0 {
                try files.createDirectory(atPath: "\(partial)/\(name)", withIntermediateDirectories: true)
            }
        } catch {
            throw UserError("cannot be made", file: partial, remedy: "check the path and the permissions")
        }
        let isKept = Set(kept)
        let progress = ProgressLine("crops", total: dataset.images.count, unit: "images")
        try inChunks(dataset.images.count, workers) { i in
            defer { progress.advance() }
            let objects = dataset.annotations(ofImage: i).filter { isKept.contains(Int($0)) }
            guard !objects.isEmpty else { return }
            let image = try JPEG.read(dataset.path(ofImage: i, in: images))
            for object in objects.map(Int.init) {
                guard let box = square(around: dataset.boxes[object], in: image) else { continue }
                let name = "\(dataset.images[i].id)-\(dataset.annotationIDs[object]).jpg"
                try AtomicFile.write(
                    JPEG.encode(image.cropped(to: box), quality: Self.quality),
                    to: "\(partial)/\(names[Int(dataset.categoryIndices[object])])/\(name)")
            }
        }
        progress.end("done")
        guard rename(partial, folder) == 0 else {
            throw UserError("cannot be made", file: folder, remedy: "check the path and the permissions")
        }
        return zip(dataset.categories, counts).filter { $0.1 > 0 }.map { ($0.name, $1) }
    }

    /// Nil for a box that lies outside of the image.
    private func square(around box: Box, in image: Image) -> CropBox? {
        let half = max(box.width, box.height) * (1 + margin) / 2
        let (x, y) = (box.x + box.width / 2, box.y + box.height / 2)
        func stretch(_ centre: Double, _ length: Int) -> Range<Int>? {
            guard centre.isFinite, half.isFinite else { return nil }
            let low = max(0, min(Double(length), (centre - half).rounded()))
            let high = max(low, min(Double(length), (centre + half).rounded()))
            return high - low >= 1 ? Int(low)..<Int(high) : nil
        }
        guard let columns = stretch(x, image.width), let rows = stretch(y, image.height) else { return nil }
        return CropBox(x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
    }

    /// A category's name without what a path cannot hold.
    private static func folderName(_ name: String) -> String {
        let safe = String(name.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
        return safe.hasPrefix(".") || safe.isEmpty ? "_\(safe)" : safe
    }
}
