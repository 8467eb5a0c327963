import Recipes
import DataLoading
import Detection
import Pretraining
import Support
import Training

/// A benchmark: a dataset, methods, seeds, and how both stages are carried out.
public struct Recipe: Sendable {
    public let name: String
    public let dataset: DatasetPlan
    /// `none`, from scratch, and names of variants, in the order of the report.
    public let methods: [String]
    private let variants: [Variant]
    public let seeds: [UInt64]
    /// What variants vary.
    public let pretraining: PretrainingOptions
    public let pretrainingRun: TrainingOptions
    /// Images that backbones are measured on after each epoch of pretraining; 0 measures at its end alone.
    public let watchedImages: Int
    private let datasetSettings: [(name: String, value: JSON)]
    public let detection: FineTuningOptions
    public let detectionRun: TrainingOptions
    public let detectionSettings: [(name: String, value: JSON)]

    /// Images that backbones are measured on where a recipe does not say.
    static let standardWatchedImages = 256

    /// The name of the row that begins from scratch.
    public static let scratch = "none"

    /// - Throws: `UserError` with the line of what is wrong.
    public init(reading path: String) throws {
        let root = try RecipeSection(reading: path)
        name = try root.required("name")
        let dataset = try root.section("dataset")
        self.dataset = try DatasetPlan(dataset)
        let pretraining = try root.section("pretraining"), detection = try root.section("detection")
        var pretrainingRun = TrainingOptions(), detectionRun = TrainingOptions()
        detectionRun.precision = try detection.choice("precision", default: .float32)
        variants = try Variant.all(root, pretraining)
        self.pretraining = variants[0].options
        self.detection = try FineTuningOptions(detection)
        let known = [Self.scratch] + variants.map(\.name)
        methods = try root.value("methods", default: [Self.scratch] + PretrainingMethodName.allCases.map(\.rawValue))
        for method in methods where !known.contains(method) {
            let near = nearest(to: method, among: known).map { ", did you mean \($0)?" } ?? ""
            throw root.error("methods", "names \(method)\(near) Known: \(known.joined(separator: ", "))")
        }
        seeds = try root.value("seeds", default: [0]).map { seed in
            guard seed >= 0 else { throw root.error("seeds", "must not be below 0") }
            return UInt64(seed)
        }
        guard !methods.isEmpty, !seeds.isEmpty else { throw root.error("methods", "and seeds must not be empty") }
        let run = try root.section("run")
        try pretrainingRun.read(run)
        try detectionRun.read(run)
        watchedImages = try run.count("watched_images", default: Self.standardWatchedImages)
        self.pretrainingRun = pretrainingRun
        self.detectionRun = detectionRun
        datasetSettings = dataset.settings
        detectionSettings = dataset.settings + detection.settings
        try root.finish()
    }

    /// How a method or variant pretrains; nil for `none`, and for a name that there is not.
    public func variant(_ name: String) -> Variant? { variants.first { $0.name == name } }

    /// Every option that a variant's pretraining depends on.
    func settings(of variant: Variant) -> [(name: String, value: JSON)] { datasetSettings + variant.settings }
}

extension TrainingOptions {
    /// What changes no number: workers, and how often things are written.
    mutating func read(_ recipe: RecipeSection) throws {
        workers = try recipe.value("workers", default: workers)
        guard (0...256).contains(workers) else { throw recipe.error("workers", "must be 0 to 256") }
        checkpointInterval = try recipe.positive("checkpoint_interval", default: checkpointInterval)
        checkpointsKept = try recipe.positive("checkpoints_kept", default: checkpointsKept)
        logInterval = try recipe.positive("log_interval", default: logInterval)
    }
}
