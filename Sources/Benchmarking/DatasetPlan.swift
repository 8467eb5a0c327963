import Recipes
import DataLoading
import Support

/// Where a benchmark's images come from: made by the suite, or a COCO folder.
public enum DatasetPlan: Sendable {
    case shapes(ShapesDataset)
    case coco(COCOFolder)

    /// Names below a folder that is given on the command line; paths from the root stand for themselves.
    public struct COCOFolder: Sendable {
        public let trainImages, trainAnnotations, valImages, valAnnotations, unlabeledImages, watchedImages: String
        public let metrics: Metrics

        init(_ recipe: RecipeSection) throws {
            func path(_ key: String, default standard: String, _ meaning: String) throws -> String {
                try recipe.value(key, default: standard, KeyDoc("\(meaning), below the folder that --data names, or from the root"))
            }
            valImages = try path("val_images", default: "val2017", "The folder of the images that detectors are evaluated on")
            trainImages = try path("train_images", default: "train2017", "The folder of the images that detectors are trained on")
            trainAnnotations = try path("train_annotations", default: "annotations/instances_train2017.json", "Their annotation file")
            valAnnotations = try path(
                "val_annotations", default: "annotations/instances_val2017.json", "The annotation file of the images for evaluation")
            unlabeledImages = try path(
                "unlabeled_images", default: "train2017", "What backbones are pretrained on: a folder, a list of paths, or tar shards")
            // Changes no number of the training, and so is no setting of it.
            watchedImages =
                try recipe.value(
                    "watched_images", as: String.self, "What backbones are measured on meanwhile, named likewise; val_images by default")
                ?? valImages
            metrics = try recipe.choice("metrics", default: Metrics.coco, "COCO's numbers, or Pascal VOC's beside them (voc)")
        }
    }

    /// Whose numbers are computed.
    public enum Metrics: String, Sendable, CaseIterable {
        case coco
        /// Pascal VOC's beside COCO's.
        case voc
    }

    enum Kind: String, CaseIterable {
        case shapes
        case coco
    }

    init(_ recipe: RecipeSection) throws {
        let kind = try recipe.choice(
            "kind", default: Kind.shapes, "Made by the suite (shapes), or a folder in COCO's format, named by --data (coco)")
        switch kind {
        case .shapes: self = .shapes(try Self.shapes(recipe))
        case .coco: self = .coco(try COCOFolder(recipe))
        }
    }

    private static func shapes(_ recipe: RecipeSection) throws -> ShapesDataset {
        let standard = ShapesDataset.standard
        let seed = try recipe.count("seed", default: Int(standard.seed), "Decides every image of the dataset")
        let size = try recipe.value("image_size", default: standard.imageSize, in: 32...2048, KeyDoc("Side of an image", unit: "pixels"))
        func images(_ key: String, default count: Int, _ meaning: String) throws -> Int {
            try recipe.positive(key, default: count, KeyDoc(meaning, unit: "images"))
        }
        return ShapesDataset(
            train: try images("train", default: standard.train, "Images that detectors are trained on"),
            val: try images("val", default: standard.val, "Images that detectors are evaluated on"),
            unlabeled: try images("unlabeled", default: standard.unlabeled, "Images that backbones are pretrained on"), imageSize: size,
            seed: UInt64(seed))
    }

    /// How many images backbones are pretrained on; nil for a COCO folder that is not named.
    ///
    /// - Parameter images: images that take the place of the plan's.
    /// - Throws: `UserError` when there are none.
    public func unlabeledCount(in folder: String?, images: String? = nil) throws -> Int? {
        if let images { return try openImages(images).count }
        return switch self {
        case .shapes(let shapes): shapes.unlabeled
        case .coco(let names): try folder.map { try openImages(path(names.unlabeledImages, below: $0)).count }
        }
    }

    public var metrics: Metrics {
        switch self {
        case .shapes: .coco
        case .coco(let folder): folder.metrics
        }
    }

    /// What reports call it.
    public var name: String {
        switch self {
        case .shapes: "shapes"
        case .coco: "coco"
        }
    }
}

/// A dataset on disk.
public struct DatasetFiles: Sendable {
    public let trainImages, trainAnnotations, valImages, valAnnotations: String
    /// What backbones are pretrained on: a folder, a list of paths, or tar shards.
    public let unlabeledImages: String
    /// What they are measured on meanwhile.
    public let watchedImages: String

    /// - Parameters:
    ///   - folder: the COCO folder; for shapes, where they are made unless they are there.
    ///   - images: images to pretrain on instead of the plan's.
    ///   - watched: images to measure backbones on instead of the plan's, which are those of the validation set.
    /// - Throws: `UserError` when a COCO recipe is given no folder.
    public init(_ plan: DatasetPlan, folder: String?, standard: String, images: String? = nil, watched: String? = nil) throws {
        let root = folder ?? standard
        switch plan {
        case .shapes(let shapes):
            try shapes.write(to: root)
            trainImages = "\(root)/train"
            trainAnnotations = "\(root)/annotations/instances_train.json"
            valImages = "\(root)/val"
            valAnnotations = "\(root)/annotations/instances_val.json"
            unlabeledImages = images ?? "\(root)/unlabeled"
            watchedImages = watched ?? valImages
        case .coco(let names):
            guard folder != nil else {
                throw UserError("the recipe needs a COCO folder", remedy: "name it by --data DIR")
            }
            trainImages = path(names.trainImages, below: root)
            trainAnnotations = path(names.trainAnnotations, below: root)
            valImages = path(names.valImages, below: root)
            valAnnotations = path(names.valAnnotations, below: root)
            unlabeledImages = images ?? path(names.unlabeledImages, below: root)
            watchedImages = watched ?? path(names.watchedImages, below: root)
        }
    }
}

private func path(_ name: String, below folder: String) -> String { name.hasPrefix("/") ? name : "\(folder)/\(name)" }
