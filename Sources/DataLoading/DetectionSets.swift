import COCO
import Foundation
import Support
import Synchronization

/// The two sets of a benchmark, looked at before the first step of training: what would otherwise come up after hours, when the
/// validation images are predicted on.
public struct DetectionSets: Sendable {
    private struct Part: Sendable {
        /// As messages call it.
        let name: String
        let dataset: Dataset
        let folder: String
    }

    private let train: Part
    private let val: Part

    /// How long images are decoded at most, in seconds; after that the others are known to be there, and no more.
    public static let decodingTime = 120.0

    /// - Parameters:
    ///   - trainImages: the folder of the images.
    ///   - valImages: the folder of the images.
    public init(train: Dataset, trainImages: String, val: Dataset, valImages: String) {
        self.train = Part(name: "training", dataset: train, folder: trainImages)
        self.val = Part(name: "validation", dataset: val, folder: valImages)
    }

    /// Checks that both sets can be used to the end: annotations whole enough, categories that mean the same, files that are there, are
    /// of the size that is annotated, and are whole, all of them or those that `decodingTime` is enough for.
    ///
    /// - Parameters:
    ///   - usesMasks: whether masks are learned and evaluated.
    ///   - maxCorruptImages: how many files of each set may be damaged.
    /// - Throws: `UserError` with the first thing that is wrong, where it is, and how many there are of its kind.
    public func check(usesMasks: Bool, maxCorruptImages: Int, decodingTime: Double = decodingTime) throws {
        for part in [train, val] {
            try part.dataset.require(.imageSizes, for: "training")
            try part.dataset.require(.fileNames, for: "training")
        }
        try val.dataset.require(.boxes, for: "evaluation")
        try val.dataset.require(.areas, for: "evaluation")
        if usesMasks { try val.dataset.require(.masks, for: "evaluation of masks (or 'masks: false' in the recipe)") }
        tell(try valCategoryIDs())
        try checkFiles(maxCorruptImages, decodingTime)
    }

    // MARK: - Categories

    /// The ids in the validation set of the training set's categories, in their order: detections are of these. Categories are the same
    /// by name, and those without a name by id.
    ///
    /// - Throws: `UserError` for one id that has two names.
    public func valCategoryIDs() throws -> [Int] {
        let (trained, known) = (train.dataset.categories, val.dataset.categories)
        let byName = Dictionary(known.filter { !$0.name.isEmpty }.map { ($0.name, $0.id) }) { first, _ in first }
        let byID = Dictionary(known.map { ($0.id, $0) }) { first, _ in first }
        return try trained.map { category in
            if let id = byName[category.name] { return id }
            guard let other = byID[category.id] else { return category.id }
            guard category.name.isEmpty || other.name.isEmpty else {
                throw UserError(
                    "category \(val.dataset.names[other.id]) is '\(other.name)', and '\(category.name)' in \(train.dataset.file)",
                    file: val.dataset.file, remedy: "give both files the same categories")
            }
            return category.id
        }
    }

    /// Says what of the categories is not as one would think.
    private func tell(_ ids: [Int]) {
        let (trained, known) = (train.dataset.categories, val.dataset.categories)
        let moved = zip(trained, ids).filter { $0.id != $1 }
        if let (category, id) = moved.first {
            StandardError.line(
                "\(val.dataset.file): \(moved.count) categories have other ids than in training, and are matched by name: "
                    + "\(category.name) is \(train.dataset.names[category.id]) there and \(val.dataset.names[id]) here")
        }
        let new = known.filter { !ids.contains($0.id) }
        if let first = new.first {
            StandardError.line(
                "\(val.dataset.file): \(new.count) categories are not in \(train.dataset.file), the first \(first.name): nothing of them "
                    + "is found")
        }
    }

    // MARK: - Files

    private struct File: Sendable {
        let part: Int
        let image: ImageInfo
        let path: String
    }

    private func checkFiles(_ maxCorruptImages: Int, _ decodingTime: Double) throws {
        let parts = [train, val]
        let files = parts.indices.flatMap { part in
            parts[part].dataset.images.compactMap { image in
                image.path(in: parts[part].folder).map { File(part: part, image: image, path: $0) }
            }
        }
        for (part, set) in parts.enumerated() {
            let missing = files.filter { $0.part == part && !FileManager.default.fileExists(atPath: $0.path) }
            guard let first = missing.first else { continue }
            throw UserError(
                "is not there: 1 of \(missing.count) missing among \(set.dataset.images.count) \(set.name) images", file: first.path,
                remedy: "fetch the images, or take them out of \(set.dataset.file)")
        }
        let looked = look(at: files, decodingTime)
        for (part, set) in parts.enumerated() {
            let found = looked.filter { $0.file.part == part }
            try checkSizes(found, set)
            let corrupt = found.compactMap { file, result in
                if case .unreadable(let reason) = result { (path: file.path, reason: reason) } else { nil }
            }
            guard let first = corrupt.first else { continue }
            guard corrupt.count <= maxCorruptImages else {
                throw UserError(
                    "\(first.reason): 1 of \(corrupt.count) damaged \(set.name) images, and the recipe's max_corrupt_images allows "
                        + "\(maxCorruptImages)", file: first.path, remedy: "replace them, or raise the limit")
            }
            StandardError.line("\(corrupt.count) damaged \(set.name) images, the first \(first.path): \(first.reason)")
        }
    }

    private func checkSizes(_ found: [(file: File, result: DatasetCheck.ImageFile)], _ set: Part) throws {
        let wrong = found.compactMap { file, result -> (path: String, problem: String, remedy: String)? in
            guard case .size(let width, let height, let isTurned) = result, let ownWidth = file.image.width,
                let ownHeight = file.image.height, (width, height) != (ownWidth, ownHeight)
            else { return nil }
            let problem = "is \(width)×\(height), and the annotations say \(ownWidth)×\(ownHeight)"
            return isTurned && (height, width) == (ownWidth, ownHeight)
                ? (file.path, "\(problem): EXIF turns the image, and it is annotated as it is stored", "store it upright, without EXIF")
                : (file.path, problem, "check that images and annotations belong together")
        }
        guard let first = wrong.first else { return }
        throw UserError("\(first.problem), as of \(wrong.count) \(set.name) images", file: first.path, remedy: first.remedy)
    }

    /// What was decoded in time, in the order of `files`; all of them are begun in a random order, so that it is a fair sample.
    private func look(at files: [File], _ decodingTime: Double) -> [(file: File, result: DatasetCheck.ImageFile)] {
        var generator = SeededGenerator(0xC4EC)
        let order = generator.permutation(files.count)
        let progress = ProgressLine("check images", total: files.count, unit: "images")
        let begin = ContinuousClock.now
        let results = Mutex([DatasetCheck.ImageFile?](repeating: nil, count: files.count))
        DispatchQueue.concurrentPerform(iterations: files.count) { i in
            guard (ContinuousClock.now - begin) / .seconds(1) < decodingTime else { return }
            let result = DatasetCheck.ImageFile(lookingAt: files[order[i]].path, decodes: true)
            results.withLock { $0[order[i]] = result }
            progress.advance()
        }
        let looked = zip(files, results.withLock { $0 }).compactMap { file, result in result.map { (file: file, result: $0) } }
        progress.end("checked")
        if looked.count < files.count {
            StandardError.line(
                "\(looked.count) of \(files.count) images were decoded in \(Int(decodingTime)) s, the others only looked for; "
                    + "'ediy dataset check' decodes all")
        }
        return looked
    }
}
