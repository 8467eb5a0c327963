import ArgumentParser
import COCO
import Foundation
import Support

/// What of a protocol may be chosen on the command line.
struct EvaluatorOptions: ParsableArguments {
    @Option(help: "IoU thresholds, with commas between.") var iouThresholds: NumberList?
    @Option(help: "Limits on the detections of an image, rising, with commas between; the last one is that of AP.") var maxDets: NumberList?
    @Option(help: "An area range in pixels, NAME:FROM-TO; may be repeated. They take the place of small, medium and large.")
    var area: [AreaArgument] = []
    @Option(help: "Only these categories: names or ids, with commas between.") var categories: String?
    @Option(help: "Only these images: ids with commas between, or a file with an id a line.") var images: String?
    @Option(help: "How far annotators differ on each keypoint, as parts of the object's scale, with commas between.")
    var keypointSigmas: NumberList?
    @Flag(help: "Compare objects of all categories (pycocotools' useCats = 0).") var agnostic = false

    /// Whether nothing was chosen.
    var isEmpty: Bool {
        iouThresholds == nil && maxDets == nil && area.isEmpty && categories == nil && images == nil
            && keypointSigmas == nil && !agnostic
    }

    /// The evaluator that was asked for.
    ///
    /// - Throws: `UserError` for a category that the dataset lacks, a threshold or limit out of range.
    func evaluator(_ type: IoUType, _ rules: Evaluator.Rules, _ dataset: Dataset) throws -> Evaluator {
        var evaluator = rules == .lvis ? Evaluator.lvis : Evaluator(type)
        if rules == .lvis && type == .keypoints { throw UserError("--protocol lvis evaluates bbox and segm only") }
        if let thresholds = iouThresholds?.values {
            guard thresholds.allSatisfy({ (0...1).contains($0) }) else { throw UserError("--iou-thresholds must be 0 to 1") }
            evaluator.iouThresholds = thresholds
        }
        if let limits = maxDets?.values {
            guard limits.allSatisfy({ $0 >= 1 && $0 <= 1e6 && $0 == $0.rounded() }), limits == limits.sorted() else {
                throw UserError("--max-dets must be whole numbers above 0, in rising order")
            }
            if rules == .lvis && limits.count > 1 { throw UserError("--protocol lvis takes one limit of --max-dets") }
            evaluator.detectionLimits = limits.map { Int($0) }
        }
        if let sigmas = keypointSigmas?.values {
            guard type == .keypoints else { throw UserError("--keypoint-sigmas is for --iou keypoints") }
            guard sigmas.allSatisfy({ $0 > 0 }) else { throw UserError("--keypoint-sigmas must be above 0") }
            evaluator.keypointSigmas = sigmas
        }
        if !area.isEmpty { evaluator.areaRanges = [.all] + area.map(\.range) }
        if let categories {
            evaluator.categoryIDs = try categories.split(separator: ",").map { word in
                let byName = dataset.categories.first { $0.name == word }, byID = dataset.categories.first { dataset.names[$0.id] == word }
                if let byName, let byID, byName.id != byID.id {
                    throw UserError(
                        "--categories: \(word) is the name of category \(dataset.names[byName.id]) and the id of '\(byID.name)'",
                        remedy: "write \(dataset.names[byName.id]) for the one, \(byID.name) for the other")
                }
                guard let matching = byName ?? byID else {
                    throw UserError(
                        "--categories: there is no category \(word)", remedy: "choose among the names and ids of the ground truth")
                }
                return matching.id
            }
        }
        if let images { evaluator.imageIDs = try ids(images) }
        if agnostic && type == .keypoints {
            throw UserError("--agnostic finds no keypoints, as pycocotools has it", remedy: "leave it out, or compare boxes or masks")
        }
        evaluator.usesCategories = !agnostic
        return evaluator
    }

    private func ids(_ text: String) throws -> [Int] {
        var words = text.split(separator: ",")
        if words.contains(where: { Int($0) == nil }) {
            guard FileManager.default.fileExists(atPath: text) else {
                throw UserError("cannot be read", file: text, remedy: "give --images ids, or a file with an id a line")
            }
            words = String(decoding: try TextFile.bytes(text), as: UTF8.self).split(whereSeparator: \.isWhitespace)
            for (i, word) in words.enumerated() where Int(word) == nil {
                throw UserError("\(word) is no image id", file: text, at: "id \(i + 1)")
            }
        }
        return words.compactMap { Int($0) }
    }
}

/// Numbers with commas between.
struct NumberList: ExpressibleByArgument {
    let values: [Double]

    init?(argument: String) {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        values = words.compactMap { Double($0) }.filter(\.isFinite)
        if values.count != words.count { return nil }
    }
}

/// NAME:FROM-TO.
struct AreaArgument: ExpressibleByArgument {
    let range: Evaluator.AreaRange

    init?(argument: String) {
        let halves = argument.split(separator: ":", maxSplits: 1)
        guard halves.count == 2 else { return nil }
        let ends = halves[1].split(separator: "-").map { Double($0) }
        guard ends.count == 2, let from = ends[0], let to = ends[1], from >= 0, from <= to else { return nil }
        range = Evaluator.AreaRange(String(halves[0]), from...to)
    }
}
