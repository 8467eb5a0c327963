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

    /// What became of a dataset's objects.
    public struct Written: Sendable, Equatable {
        /// The crops of a category; of those that have any.
        public struct Category: Sendable, Equatable {
            public let name: String
            public let count: Int
        }

        public let categories: [Category]
        public let crowds: Int
        /// Objects of a shorter side than the least.
        public let small: Int
        /// Objects whose box lies outside of their image.
        public let outside: Int
    }

    private static let quality = 95

    public init() {}

    /// Writes CATEGORY/IMAGE-ANNOTATION.jpg: squares around the objects that are no crowds, cut to the image. The folder
    /// appears when it is whole.
    ///
    /// - Parameters:
    ///   - images: the folder of the dataset's images.
    ///   - folder: a new one.
    /// - Returns: what was written, and what was not.
    /// - Throws: `UserError` for a folder that is there, an image that cannot be read, or a dataset without an object to cut out.
    public func write(_ dataset: Dataset, images: String, to folder: String, workers: Int = 2) throws -> Written {
        let files = FileManager.default
        guard !files.fileExists(atPath: folder) else {
            throw UserError("is there already", file: folder, remedy: "name another folder, or delete this one")
        }
        try dataset.require(.boxes, for: "cutting objects out")
        let kept = dataset.boxes.indices.filter {
            !dataset.isCrowd[$0] && max(dataset.boxes[$0].width, dataset.boxes[$0].height) >= leastSide
        }
        guard !kept.isEmpty else { throw UserError("no object is large enough", file: images, remedy: "lower the least side") }
        let names = dataset.categories.map { Self.fileName($0.name) }
        let partial = "\(folder).partial"
        do {
            if files.fileExists(atPath: partial) { try files.removeItem(atPath: partial) }
            for category in Set(kept.map { Int(dataset.categoryIndices[$0]) }) {
                try files.createDirectory(atPath: "\(partial)/\(names[category])", withIntermediateDirectories: true)
            }
        } catch {
            throw UserError("cannot be made", file: partial, remedy: "check the path and the permissions")
        }
        let isKept = Set(kept)
        let progress = ProgressLine("crops", total: dataset.images.count, unit: "images")
        var counts = [Int](repeating: 0, count: dataset.categories.count)
        try inChunks(dataset.images.count, workers) { i -> [Int] in
            defer { progress.advance() }
            let objects = dataset.annotations(ofImage: i).filter { isKept.contains(Int($0)) }
            guard !objects.isEmpty else { return [] }
            let image = try ImageFile.read(dataset.path(ofImage: i, in: images))
            return try objects.map(Int.init).compactMap { object in
                guard let box = square(around: dataset.boxes[object], in: image) else { return nil }
                let category = Int(dataset.categoryIndices[object])
                let name = Self.fileName("\(dataset.names[dataset.images[i].id])-\(dataset.names[dataset.annotationIDs[object]]).jpg")
                try AtomicFile.write(
                    JPEG.encode(image.cropped(to: box), quality: Self.quality),
                    to: "\(partial)/\(names[category])/\(name)")
                return category
            }
        } then: { _, categories in
            for category in categories { counts[category] += 1 }
        }
        progress.end("done")
        let outside = kept.count - counts.reduce(0, +)
        guard outside < kept.count else {
            try? files.removeItem(atPath: partial)
            throw UserError(
                "the boxes of all \(outside) objects lie outside of their images", file: dataset.file,
                remedy: "check that boxes are x, y, width, height in pixels")
        }
        // Of a category whose objects all lie outside.
        for (name, count) in zip(names, counts) where count == 0 { rmdir("\(partial)/\(name)") }
        guard rename(partial, folder) == 0 else {
            throw UserError("cannot be made", file: folder, remedy: "check the path and the permissions")
        }
        let crowds = dataset.isCrowd.count { $0 }
        return Written(
            categories: zip(dataset.categories, counts).filter { $0.1 > 0 }.map { .init(name: $0.name, count: $1) },
            crowds: crowds, small: dataset.annotationCount - crowds - kept.count, outside: outside)
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

    /// A name without what a path cannot hold.
    private static func fileName(_ name: String) -> String {
        let safe = String(name.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
        return safe.hasPrefix(".") || safe.isEmpty ? "_\(safe)" : safe
    }
}
