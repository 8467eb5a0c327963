import DataLoading
import Detection
import Foundation
import Pretraining
import Recipes
import Support
import Training

/// A benchmark: a dataset, methods, seeds, and how both stages are carried out.
public struct Recipe: Sendable {
    public let name: String
    /// Where it was read from.
    public let path: String
    /// The recipe as it is written; over its bases, where it has any: to be kept beside a run.
    public let text: String
    public let dataset: DatasetPlan
    /// `none`, from scratch, and names of variants, in the order of the report.
    public let methods: [String]
    /// What reports compare the other methods with, and what their finding is about; nil where there is but one method.
    public let baseline, candidate: String?
    private let variants: [Variant]
    public let seeds: [UInt64]
    /// What variants vary.
    public let pretraining: PretrainingOptions
    /// Regions along a side of the feature map, of the numbers of regions.json: those of the method that tells regions apart.
    let regionGrid: Int
    public let pretrainingRun: TrainingOptions
    /// Images that backbones are measured on after each epoch of pretraining; 0 measures at its end alone.
    public let watchedImages: Int
    private let datasetSettings: [(name: String, value: JSON)]
    public let detection: FineTuningOptions
    public let detectionRun: TrainingOptions
    public let detectionSettings: [(name: String, value: JSON)]
    /// Every key that recipes like this one can have, with its value here.
    public let keys: [RecipeKey]

    /// Images that backbones are measured on where a recipe does not say.
    static let standardWatchedImages = 256

    /// The name of the row that begins from scratch.
    public static let scratch = "none"

    /// - Throws: `UserError` with the file and the line of what is wrong.
    public init(reading path: String) throws { try self.init(RecipeSection(reading: path)) }

    /// - Throws: `UserError` with the line of what is wrong.
    init(_ root: RecipeSection) throws {
        name = try root.required("name", "What reports and folders call the benchmark")
        let dataset = try root.section("dataset")
        self.dataset = try DatasetPlan(dataset)
        let pretraining = try root.section("pretraining"), detection = try root.section("detection")
        var pretrainingRun = TrainingOptions(), detectionRun = TrainingOptions()
        try detectionRun.readPrecision(detection)
        let methods = try root.value(
            "methods", default: [Self.scratch] + Methods.words,
            KeyDoc(
                "What is compared, in the order of the report: \(Self.scratch) (from scratch), methods of pretraining "
                    + "(\(Methods.words.joined(separator: ", "))), and names of `variants`"))
        variants = try Variant.all(root, pretraining, compared: methods)
        self.pretraining = variants[0].options
        regionGrid = variants.prefix(Methods.all.count).compactMap(\.method.regionGrid).first ?? RegionStatistics.standardGrid
        self.detection = try FineTuningOptions(detection)
        let known = [Self.scratch] + variants.map(\.name)
        for method in methods where !known.contains(method) {
            let near = nearest(to: method, among: known).map { ", did you mean \($0)?" } ?? ""
            throw root.error("methods", "names \(method)\(near) Known: \(known.joined(separator: ", "))")
        }
        (baseline, candidate) = MethodTitles.comparison(
            of: methods,
            baseline: try root.value("baseline", "What reports compare the other methods with: byol, or else the first"),
            candidate: try root.value("candidate", "What their finding is about: e-diy, or else the last"))
        for (key, name) in [("baseline", baseline), ("candidate", candidate)] {
            guard let name, !methods.contains(name) else { continue }
            throw root.error(key, "is \(name), which is none of methods: \(methods.joined(separator: ", "))")
        }
        guard baseline == nil || baseline != candidate else { throw root.error("candidate", "is the baseline too") }
        seeds = try root.value(
            "seeds", default: [0], "Each method runs once per seed, which decides weights, order and augmentation"
        ).map { seed in
            guard seed >= 0 else { throw root.error("seeds", "must not be below 0") }
            return UInt64(seed)
        }
        guard !methods.isEmpty, !seeds.isEmpty else { throw root.error("methods", "and seeds must not be empty") }
        let run = try root.section("run")
        try pretrainingRun.read(run)
        try detectionRun.read(run)
        watchedImages = try run.count(
            "watched_images", default: Self.standardWatchedImages,
            KeyDoc("Images that the backbone is measured on after each epoch of pretraining; 0 measures at its end alone", unit: "images"))
        self.methods = methods
        self.pretrainingRun = pretrainingRun
        self.detectionRun = detectionRun
        datasetSettings = dataset.settings
        detectionSettings = dataset.settings + detection.settings
        try root.finish()
        keys = root.keys
        path = root.files[0]
        text = try Self.text(root)
    }

    /// How a method or variant pretrains; nil for `none`, and for a name that there is not.
    public func variant(_ name: String) -> Variant? { variants.first { $0.name == name } }

    /// Every option that a variant's pretraining depends on.
    package func settings(of variant: Variant) -> [(name: String, value: JSON)] { datasetSettings + variant.settings }

    private static func text(_ root: RecipeSection) throws -> String {
        if root.files.count == 1, let data = FileManager.default.contents(atPath: root.files[0]) {
            return String(decoding: data, as: UTF8.self)
        }
        let names = root.files.map { URL(fileURLWithPath: $0).lastPathComponent }
        return "# \(names.joined(separator: " over ")), as one recipe.\n" + (try root.merged())
    }
}
