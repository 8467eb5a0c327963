import Foundation
import Support

/// Pascal VOC's images and boxes as COCO JSON: the objects of an image set, or of several together. Source: The PASCAL Visual
/// Object Classes Challenge (IJCV 2010); boxes and the difficult as Detectron2 reads them: x = xmin − 1, width = xmax − xmin + 1;
/// difficult objects are learned from like others, and `difficult: 1` has the evaluator let them be missed.
public struct VOCDataset: Sendable {
    /// The twenty categories, ids 1 to 20.
    public static let categories = [
        "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog", "horse",
        "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
    ]

    /// One image's name below the devkit, and its objects.
    private struct Image {
        let fileName: String
        let annotation: VOCAnnotation
    }

    private let images: [Image]

    /// Reads image sets.
    ///
    /// - Parameters:
    ///   - devkit: the folder that holds VOC2007, VOC2012, …
    ///   - sets: each a year's folder and the name of a set, `VOC2007/trainval`.
    /// - Throws: `UserError` for a set or an image's file that is missing or malformed, and for an unknown category.
    public init(_ devkit: String, sets: [String]) throws {
        let places = try sets.flatMap { try Self.places(devkit, set: $0) }
        let progress = ProgressLine("read annotations", total: places.count, unit: "files")
        images = try places.map { year, name in
            let file = "\(devkit)/\(year)/Annotations/\(name).xml"
            let annotation = try VOCAnnotation(reading: file)
            for (i, object) in annotation.objects.enumerated() where !Self.categories.contains(object.name) {
                throw UserError("is of category '\(object.name)', which VOC has not", file: file, at: "object \(i + 1)")
            }
            progress.advance()
            return Image(fileName: "\(year)/JPEGImages/\(name).jpg", annotation: annotation)
        }
        progress.end("done")
    }

    public var imageCount: Int { images.count }
    public var objectCount: Int { images.reduce(0) { $0 + $1.annotation.objects.count } }

    /// The images of a set, by year and name.
    private static func places(_ devkit: String, set: String) throws -> [(year: String, name: String)] {
        let parts = set.split(separator: "/")
        guard parts.count == 2, !set.contains("..") else {
            throw UserError("'\(set)' is no image set", remedy: "name it by year and set: VOC2007/trainval")
        }
        let file = "\(devkit)/\(parts[0])/ImageSets/Main/\(parts[1]).txt"
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw UserError("cannot be read", file: file, remedy: "name the folder VOCdevkit, with \(parts[0]) in it")
        }
        let names = text.split(whereSeparator: \.isNewline).compactMap { $0.split(whereSeparator: \.isWhitespace).first }
        guard !names.isEmpty else { throw UserError("names no image", file: file) }
        return try names.enumerated().map { i, name in
            guard !name.contains("/") else { throw UserError("is no image's name", file: file, at: "line \(i + 1)") }
            return (String(parts[0]), String(name))
        }
    }

    /// Writes the annotation file; images are named relative to the devkit.
    public func write(to path: String) throws {
        try AtomicFile.write(to: path) { file in
            let categories = Self.categories.enumerated().map { i, name -> JSON in
                ["id": .int(i + 1), "name": .string(name), "supercategory": "voc"]
            }
            try file.append("{\"info\":{\"description\":\"Pascal VOC\"},\n\"categories\":\(JSON.array(categories).text()),\n\"images\":[")
            for (i, image) in images.enumerated() {
                let image: JSON = [
                    "id": .int(i + 1), "file_name": .string(image.fileName), "width": .int(image.annotation.width),
                    "height": .int(image.annotation.height),
                ]
                try file.append((i == 0 ? "\n" : ",\n") + image.text())
            }
            try file.append("],\n\"annotations\":[")
            var id = 0
            for (i, image) in images.enumerated() {
                for object in image.annotation.objects {
                    id += 1
                    try file.append((id == 1 ? "\n" : ",\n") + Self.record(object, id: id, image: i + 1).text())
                }
            }
            try file.append("]}\n")
        }
    }

    private static func record(_ object: VOCAnnotation.Object, id: Int, image: Int) -> JSON {
        let c = object.corners
        let (width, height) = (c[2] - c[0] + 1, c[3] - c[1] + 1)
        return [
            "id": .int(id), "image_id": .int(image), "category_id": .int((categories.firstIndex(of: object.name) ?? 0) + 1),
            "bbox": .array([c[0] - 1, c[1] - 1, width, height].map(JSON.double)), "area": .double(width * height),
            "iscrowd": 0, "difficult": .int(object.isDifficult ? 1 : 0),
        ]
    }
}
