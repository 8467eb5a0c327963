import DataLoading
import Foundation
import NN
import Runs
import Support
import Torch
import Vision

/// Images that a backbone is measured on while it learns: always the same ones, chosen by the run's seed, shown whole and
/// unchanged. Where they lie in a folder for each class, sixteen each of as many classes as there is room for, and an image's
/// class is guessed from the others.
public struct WatchedImages: Sendable {
    /// Bytes (n, 3, S, S), a few images each.
    private let batches: [Tensor]
    /// By image; nil without classes.
    private let labels: [Int]?
    private let classes: Int
    private let grid: Int

    private static let batch = 32
    private static let imagesPerClass = 16

    /// - Parameters:
    ///   - images: what is chosen from; best images that are not trained on.
    ///   - count: how many are chosen, where there are so many.
    ///   - size: the side that they are shown at.
    ///   - grid: what `RegionStatistics` takes for regions.
    ///   - reader: reads them; a corrupt one's successor takes its place.
    /// - Throws: `UserError` when there are more corrupt ones than the reader puts up with.
    public init(
        _ images: any ImageSource, count: Int, size: Int, grid: Int, seed: UInt64, reader: ImageReader
    ) throws {
        let folder = (images as? ImageFolder).flatMap { ClassFolder($0) }
        let crop = CenterCrop(size: size)
        var generator = SeededGenerator(seed, 0x5741_5443)
        let chosen =
            folder.map { Self.choose(count, of: $0, using: &generator) }
            ?? Array(generator.permutation(images.count).prefix(count))
        let read = try chosen.map { place in
            try reader.read(from: place, of: images.count, name: images.name) { crop(try images.image($0).decoded()) }
        }
        batches = stride(from: 0, to: read.count, by: Self.batch).map { start in
            Tensor(pixelsOf: read[start..<min(start + Self.batch, read.count)].map(\.value))
        }
        labels = folder.map { folder in read.map { folder.labels[$0.index] } }
        classes = folder?.classes.count ?? 0
        self.grid = grid
    }

    private static func choose(_ count: Int, of folder: ClassFolder, using generator: inout SeededGenerator) -> [Int] {
        let kinds = min(max(count / imagesPerClass, 2), folder.classes.count)
        var room = [Int](repeating: 0, count: folder.classes.count)
        for (i, label) in generator.permutation(room.count).prefix(kinds).enumerated() {
            // What does not divide goes to the first ones.
            room[label] = count / kinds + (i < count % kinds ? 1 : 0)
        }
        return generator.permutation(folder.labels.count).filter { image in
            let label = folder.labels[image]
            guard room[label] > 0 else { return false }
            room[label] -= 1
            return true
        }
    }

    /// What was measured at one time.
    public struct Measurement: Sendable, Equatable {
        public let regions: RegionStatistics
        /// The fraction of the images whose class the others' features tell; nil without classes.
        public let neighbourAccuracy: Double?

        /// By the names of regions.json, and whether the features have collapsed.
        public var values: [(name: String, value: Double)] {
            [
                ("mean_pairwise_cosine", regions.meanPairwiseCosine), ("effective_rank", regions.effectiveRank),
                ("global_rank", regions.globalRank), ("feature_std", regions.featureDeviation),
                ("collapsed", regions.isCollapsed ? 1 : 0),
            ] + (neighbourAccuracy.map { [("knn_accuracy", $0)] } ?? [])
        }

        /// As regions.json keeps it.
        public var numbers: RegionNumbers { regions.numbers(neighbourAccuracy: neighbourAccuracy) }

        /// A line for the terminal.
        public var text: String {
            let accuracy = neighbourAccuracy.map { "  k-NN \((100 * $0).short)%" } ?? ""
            return "region cosine \(regions.meanPairwiseCosine.short)  rank \(regions.effectiveRank.short) of regions, "
                + "\(regions.globalRank.short) of images  deviation \(regions.spread.short) of an even spread's"
                + accuracy
        }
    }

    /// Measures a backbone, which is left as it is.
    ///
    /// - Parameter normalization: how the backbone takes its pixels.
    public func measure(_ backbone: any Backbone, normalization: PixelNormalization = .imageNet) -> Measurement {
        let maps = withoutGrad {
            Tensor.concatenated(
                batches.map { backbone.lastFeatureMap(normalization($0.to(backbone.device)), .evaluate).to(.cpu).to(.float32) })
        }
        let accuracy = labels.flatMap { labels -> Double? in
            guard labels.count > 1 else { return nil }
            return NearestNeighbors(
                maps.mean([2, 3]).floats, labels: labels, columns: maps.size(1), classes: classes
            ).leaveOneOutAccuracy()
        }
        return Measurement(regions: RegionStatistics(maps: maps, grid: grid), neighbourAccuracy: accuracy)
    }
}

extension Double {
    /// Three significant digits.
    fileprivate var short: String { String(format: "%.3g", self) }
}
