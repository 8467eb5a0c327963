import COCO
import Foundation
import Support
import Vision

/// The synthetic dataset: images with several textured shapes, their COCO annotations, and unlabeled images of the same
/// world for pretraining. Deterministic to the byte by its seed.
///
/// On disk: train/, val/, unlabeled/ with JPEG files; annotations/instances_train.json and instances_val.json; shapes.json
/// with the parameters. The folder is put in place whole: until then it is called FOLDER.partial.
public struct ShapesDataset: Sendable, Equatable {
    public let train: Int
    public let val: Int
    public let unlabeled: Int
    public let imageSize: Int
    public let seed: UInt64

    /// What is made where nothing else is asked for.
    public static let standard = ShapesDataset(train: 600, val: 150, unlabeled: 2000, imageSize: 128, seed: 1)

    /// Counts the changes of the world; another version draws other images.
    private static let version = 1
    private static let marker = "shapes.json"
    private static let jpegQuality = 92

    public init(train: Int, val: Int, unlabeled: Int, imageSize: Int, seed: UInt64) {
        precondition(train >= 0 && val >= 0 && unlabeled >= 0 && imageSize >= 16, "sizes of the dataset")
        self.train = train
        self.val = val
        self.unlabeled = unlabeled
        self.imageSize = imageSize
        self.seed = seed
    }

    /// Writes the dataset to `folder`. One that is there whole, of the same parameters, is left alone.
    ///
    /// - Parameter workers: threads that draw; the bytes do not depend on it.
    /// - Throws: `UserError` when the folder holds anything else, or cannot be written.
    public func write(to folder: String, workers: Int = ProcessInfo.processInfo.activeProcessorCount) throws {
        let folder = URL(fileURLWithPath: folder).standardizedFileURL.path
        guard try !isWritten(in: folder) else { return }
        let partial = "\(folder).partial"
        try makeFolders(in: partial)
        let progress = ProgressLine("dataset shapes", total: train + val + unlabeled, unit: "images")
        try writeAnnotated("train", count: train, stream: 1, to: partial, workers, progress)
        try writeAnnotated("val", count: val, stream: 2, to: partial, workers, progress)
        try inChunks(unlabeled, workers) { i in
            _ = try draw("unlabeled", i, stream: 3, to: partial)
            progress.advance()
        }
        try AtomicFile.write(parameters.text(pretty: true) + "\n", to: "\(partial)/\(Self.marker)")
        guard rename(partial, folder) == 0 else {
            throw UserError(
                "cannot be put in place: \(String(cString: strerror(errno)))", file: folder,
                remedy: "the dataset is whole in \(partial)")
        }
        progress.end("done")
    }

    /// The folders to draw into, empty: what an interrupted run left there must not mix in.
    private func makeFolders(in partial: String) throws {
        let files = FileManager.default
        do {
            if files.fileExists(atPath: partial) { try files.removeItem(atPath: partial) }
            for part in ["train", "val", "unlabeled", "annotations"] {
                try files.createDirectory(atPath: "\(partial)/\(part)", withIntermediateDirectories: true)
            }
        } catch {
            throw UserError("cannot be made", file: partial, remedy: "check the path and the permissions")
        }
    }

    /// Whether the folder holds this very dataset; false where there is none, or an empty one.
    private func isWritten(in folder: String) throws -> Bool {
        guard let contents = try? FileManager.default.contentsOfDirectory(atPath: folder), !contents.isEmpty else {
            return false
        }
        let remedy = "name another folder, or delete this one"
        guard contents.contains(Self.marker) else {
            throw UserError("holds other files than the dataset shapes", file: folder, remedy: remedy)
        }
        guard try JSON.read("\(folder)/\(Self.marker)") == parameters else {
            throw UserError("holds a dataset of other parameters", file: folder, remedy: remedy)
        }
        return true
    }

    private var parameters: JSON {
        [
            "version": .int(Self.version), "train": .int(train), "val": .int(val), "unlabeled": .int(unlabeled),
            "image_size": .int(imageSize), "seed": .int(Int(truncatingIfNeeded: seed)),
        ]
    }

    /// Images with their annotation file, which is written as they are drawn.
    private func writeAnnotated(
        _ split: String, count: Int, stream: UInt64, to folder: String, _ workers: Int, _ progress: ProgressLine
    ) throws {
        try AtomicFile.write(to: "\(folder)/annotations/instances_\(split).json") { file in
            let info: JSON = ["description": "shapes, synthetic", "version": .string("\(Self.version)")]
            try file.append("{\"info\":\(info.text()),\n\"categories\":\(categories.text()),\n\"images\":[")
            for i in 0..<count {
                let image: JSON = [
                    "id": .int(i + 1), "file_name": .string(Self.fileName(i)), "width": .int(imageSize),
                    "height": .int(imageSize),
                ]
                try file.append((i == 0 ? "\n" : ",\n") + image.text())
            }
            try file.append("],\n\"annotations\":[")
            var id = 0
            try inChunks(count, workers) { i in
                let objects = try draw(split, i, stream: stream, to: folder)
                progress.advance()
                return objects.map(annotation)
            } then: { i, annotations in
                for annotation in annotations {
                    id += 1
                    let record = [("id", .int(id)), ("image_id", .int(i + 1))] + annotation
                    try file.append((id == 1 ? "\n" : ",\n") + JSON.object(record).text())
                }
            }
            try file.append("]}\n")
        }
    }

    private var categories: JSON {
        .array(
            ShapeCategory.all.map {
                ["id": .int($0.id), "name": .string($0.name), "supercategory": .string($0.silhouette.rawValue)]
            })
    }

    private static func fileName(_ index: Int) -> String { String(format: "%06d.jpg", index + 1) }

    /// Draws image `index` of a split and writes it.
    private func draw(_ split: String, _ index: Int, stream: UInt64, to folder: String) throws -> [Scene.Object] {
        var generator = SeededGenerator(seed, stream, UInt64(index), UInt64(imageSize))
        let scene = Scene(size: imageSize, using: &generator)
        try AtomicFile.write(
            JPEG.encode(scene.image, quality: Self.jpegQuality), to: "\(folder)/\(split)/\(Self.fileName(index))")
        return scene.objects
    }

    /// What COCO says of an object, but for the ids, which are counted when the objects before it are known.
    private func annotation(_ object: Scene.Object) -> [(key: String, value: JSON)] {
        let box = RLE(mask: object.mask, height: imageSize, width: imageSize).boundingBox
        let polygons = Outline.polygons(of: object.mask, width: imageSize, height: imageSize)
        return [
            ("category_id", .int(object.category.id)), ("iscrowd", 0), ("area", .int(object.area)),
            ("bbox", .array([box.x, box.y, box.width, box.height].map { .int(Int($0)) })),
            ("segmentation", .array(polygons.map { .array($0.map { .int(Int($0)) }) })),
        ]
    }
}
