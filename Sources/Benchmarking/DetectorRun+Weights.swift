import COCO
import DataLoading
import Detection
import NN
import Support
import Torch

extension DetectorRun {
    /// A whole detector out of a weight file, whoever made it. Its design is read off names and shapes, and how pixels are made
    /// ready off the layout; a recipe's section `detection` has the last word on both.
    ///
    /// - Parameters:
    ///   - recipe: a YAML file of which the section `detection` is read; nil has none.
    ///   - annotations: the dataset whose categories the classes are, where it has as many.
    ///   - device: where the detector lives; nil takes a CUDA device where there is one.
    /// - Throws: `UserError` when the file holds no detector, or a part of one.
    public init(weights path: String, recipe: String? = nil, annotations: Dataset? = nil, device: Device? = nil) throws {
        try LibTorch.load()
        let device = try LibTorch.device(device)
        let weights = try NetworkWeights(WeightFile(path))
        var options = FineTuningOptions()
        options.detector = try RCNNOptions(of: weights)
        options.input = DetectionInput(weights.convention, options.detector.neck)
        if weights.layout == .torchvision { options.input.testResizing = .torchvision }
        if let recipe { try options.read(overridesIn: recipe) }
        self.options = options
        detector = RCNN(options.detector, using: Generator(seed: 0))
        try weights.restore(detector.state(""))
        if weights.layout == .torchvision, options.detector.normalization == .frozenBN { detector.normalizeWithoutEpsilon() }
        detector.move(to: device)
        categories = Self.categories(options.detector.classes, annotations)
        let found = options.detector
        StandardError.line(
            "\(path): \(found.name), \(found.classes) "
                + "categories, \(weights.names.count) tensors by \(weights.layout.title) names; taken to expect \(weights.convention.text) "
                + "(\(weights.convention.reason))" + (recipe.map { ", but for what \($0) says" } ?? "; --recipe has the last word"))
        if recipe == nil, let doubt = weights.convention.doubt { StandardError.line("\(path): warning: \(doubt)") }
    }

    /// The dataset's categories by rising id, where it has as many; else COCO's for its 80, or for all 90 ids as torchvision has
    /// them; else numbers.
    private static func categories(_ count: Int, _ dataset: Dataset?) -> [(id: Int, name: String)] {
        if let dataset, dataset.categories.count == count {
            return dataset.categories.sorted { $0.id < $1.id }.map { ($0.id, $0.name) }
        }
        let coco = COCOCategories.all
        if count == coco.count { return coco }
        if count == COCOCategories.lastID {
            return (1...count).map { id in (id, coco.first { $0.id == id }?.name ?? "N/A") }
        }
        return (1...count).map { ($0, "class \($0)") }
    }
}

extension DetectionInput {
    /// What a detector's weights expect.
    init(_ convention: InputConvention, _ neck: any NeckOptions) {
        self.init()
        divisor = neck.sizeDivisor
        normalization = PixelNormalization(convention)
    }
}
