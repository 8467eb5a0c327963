import COCO
import Support

/// One validation image as ground truth and as each method sees it.
struct GalleryImage {
    let fileName: String
    /// Why it is shown: "largest gain: AP of this image 20.0 → 80.0".
    let reason: String
    /// "ground truth" and the methods, each with the image drawn on.
    let panels: [(title: String, panel: Panel)]

    /// How many images of each kind a report shows.
    static let count = 3

    /// Images chosen by rule, so that nobody picked them: those whose own AP grows most from the baseline to the candidate,
    /// those where it falls most, and some by chance.
    ///
    /// - Parameters:
    ///   - images: the folder of the images.
    ///   - files: each method's results.
    ///   - pair: runs of the baseline and the candidate; without them all images are chosen by chance.
    ///   - type: what AP is of.
    ///   - seed: decides what chance shows.
    /// - Throws: `UserError` naming the file that is missing or cannot be read.
    static func choose(
        _ dataset: Dataset, images: String, _ files: [(method: String, file: String)],
        _ pair: (base: RunRecord, run: RunRecord)?, by type: IoUType, seed: UInt64
    ) throws -> [GalleryImage] {
        let chosen = try choice(dataset, pair, by: type, seed: seed)
        var panels = try chosen.map { place, _ in [("ground truth", try Panel(truth: dataset, image: place, in: images))] }
        // One method's detections at a time: a file of them may be large.
        for (method, file) in files {
            let results = try Results.read(file)
            for (i, (place, _)) in chosen.enumerated() {
                panels[i].append((method, try Panel(results, on: dataset, image: place, in: images)))
            }
        }
        return zip(chosen, panels).map { choice, panels in
            GalleryImage(
                fileName: dataset.images[choice.place].fileName ?? "", reason: choice.reason,
                panels: panels.map { (title: $0.0, panel: $0.1) })
        }
    }

    private static func choice(
        _ dataset: Dataset, _ pair: (base: RunRecord, run: RunRecord)?, by type: IoUType, seed: UInt64
    ) throws -> [(place: Int, reason: String)] {
        var chosen: [(place: Int, reason: String)] = []
        if let pair {
            let sides = try [pair.base, pair.run].map { run in
                try Evaluator().perImageAP(Results.read(run.resultsFile ?? ""), against: dataset, by: type)
            }
            let changes = dataset.images.indices.compactMap { i -> (place: Int, from: Double, to: Double)? in
                guard let from = sides[0][i], let to = sides[1][i], from != to else { return nil }
                return (i, from, to)
            }.sorted { ($0.to - $0.from, $1.place) > ($1.to - $1.from, $0.place) }
            func add(_ part: some Sequence<(place: Int, from: Double, to: Double)>, _ what: String) {
                chosen += part.map { ($0.place, "\(what): AP of this image \(points($0.from)) → \(points($0.to))") }
            }
            add(changes.filter { $0.to > $0.from }.prefix(count), "largest gain")
            add(changes.filter { $0.to < $0.from }.reversed().prefix(count), "largest loss")
        }
        var generator = SeededGenerator(seed, 1)
        let others = generator.permutation(dataset.images.count).filter { place in !chosen.contains { $0.place == place } }
        return chosen + others.prefix(pair == nil ? 2 * count : count).map { ($0, "by chance") }
    }
}
