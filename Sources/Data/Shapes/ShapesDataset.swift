import COCO
import Foundation
import Support
import Vision

/// The synthetic dataset: pictures with several textured shapes, their COCO annotations, and unlabeled pictures of the same
/// world for pretraining. Deterministic to the byte by its seed.
///
/// On disk: train/, val/, unlabeled/ with JPEG files; annotations/instances_train.json and instances_val.json; shapes.json
/// with the parameters, written last.
public struct ShapesDataset: Sendable, Equatable {
    public let train: Int
    public let val: Int
    public let unlabeled: Int
    public let imageSize: Int
    public let seed: UInt64

    static let version = 1
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
    /// - Throws: `UserError` when the folder holds a dataset of other parameters, or cannot be written.
    public func write(to folder: String, workers: Int = ProcessInfo.processInfo.activeProcessorCount) throws {
        let marker = "\(folder)/shapes.json"
        if FileManager.default.fileExists(atPath: marker) {
            guard try JSON.read(marker) == parameters else {
                throw UserError(
                    "holds a dataset of other parameters", file: folder, remedy: "name another folder, or delete this one")
            }
            return
        }
        for part in ["train", "val", "unlabeled", "annotations"] {
            do {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
            } catch {
                throw UserError("cannot be made", file: "\(folder)/\(part)", remedy: "check the path and the permissions")
            }
        }
        let progress = ProgressLine("dataset shapes", total: train + val + unlabeled, unit: "images")
        try writeAnnotated("train", count: train, stream: 1, to: folder, workers, progress)
        try writeAnnotated("val", count: val, stream: 2, to: folder, workers, progress)
        try inChunks(unlabeled, workers) { i in
            _ = try draw("unlabeled", i, stream: 3, to: folder)
            progress.advance()
        }
        try AtomicFile.write(parameters.text(pretty: true) + "\n", to: marker)
        progress.end("done")
    }

    private var parameters: JSON {
        [
            "version": .int(Self.version), "train": .int(train), "val": .int(val), "unlabeled": .int(unlabeled),
            "image_size": .int(imageSize), "seed": .int(Int(truncatingIfNeeded: seed)),
        ]
    }

    /// Pictures with their annotation file, which is written as they are drawn.
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
                return objects
            } then: { i, objects in
                for object in objects {
                    id += 1
                    try file.append((id == 1 ? "\n" : ",\n") + annotation(object, id: id, image: i + 1).text())
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

    /// Draws picture `index` of a split and writes it.
    private func draw(_ split: String, _ index: Int, stream: UInt64, to folder: String) throws -> [Scene.Object] {
        var generator = SeededGenerator(seed, stream, UInt64(index), UInt64(imageSize))
        let scene = Scene(size: imageSize, using: &generator)
        try AtomicFile.write(
            JPEG.encode(scene.image, quality: Self.jpegQuality), to: "\(folder)/\(split)/\(Self.fileName(index))")
        return scene.objects
    }

    private func annotation(_ object: Scene.Object, id: Int, image: Int) -> JSON {
        let box = RLE(mask: object.mask, height: imageSize, width: imageSize).tightBox
        let polygons = Outline.polygons(of: object.mask, width: imageSize, height: imageSize)
        return [
            "id": .int(id), "image_id": .int(image), "category_id": .int(object.category.id), "iscrowd": 0,
            "area": .int(object.area), "bbox": .array([box.x, box.y, box.width, box.height].map { .int(Int($0)) }),
            "segmentation": .array(polygons.map { .array($0.map { .int(Int($0)) }) }),
        ]
    }
}

extension RLE {
    /// The tight box. (The mask API's own lets a run over two columns span all rows.)
    fileprivate var tightBox: Box {
        let mask = decode()
        var (left, top, right, bottom) = (width, height, -1, -1)
        for i in mask.indices where mask[i] != 0 {
            (left, right) = (min(left, i % width), max(right, i % width))
            (top, bottom) = (min(top, i / width), max(bottom, i / width))
        }
        return Box(x: Double(left), y: Double(top), width: Double(right - left + 1), height: Double(bottom - top + 1))
    }
}
