import COCO
import Foundation
import Support
import Vision

/// One validation picture as ground truth and as each method sees it.
struct GalleryImage {
    let fileName: String
    /// Why it is shown: "largest gain: AP of this picture 20.0 → 80.0".
    let reason: String
    /// "ground truth" and the methods, each with the picture drawn on.
    let panels: [(title: String, jpeg: [UInt8])]

    /// How many pictures of each kind a report shows, and the score from which on a detection is drawn.
    static let count = 3
    static let drawnScore = 0.5
    static let width = 240

    /// Pictures chosen by rule, so that nobody picked them: those whose own AP grows most from the baseline to the candidate,
    /// those where it falls most, and some by chance.
    ///
    /// - Parameters:
    ///   - images: the folder of the pictures.
    ///   - files: each method's results.
    ///   - pair: runs of the baseline and the candidate; without them all pictures are chosen by chance.
    ///   - type: what AP is of.
    ///   - seed: decides what chance shows.
    /// - Throws: `UserError` naming the file that is missing or cannot be read.
    static func choose(
        _ dataset: Dataset, images: String, _ files: [(method: String, file: String)], _ pair: (base: RunRecord, run: RunRecord)?,
        by type: IoUType, seed: UInt64
    ) throws -> [GalleryImage] {
        let chosen = try choice(dataset, pair, by: type, seed: seed)
        var panels = try chosen.map { place, _ in [("ground truth", try truth(dataset, place, images))] }
        // One method's detections at a time: a file of them may be large.
        for (method, file) in files {
            let results = try Results.read(file)
            for (i, (place, _)) in chosen.enumerated() {
                panels[i].append((method, try drawn(results, dataset, place, images)))
            }
        }
        return zip(chosen, panels).map { choice, panels in
            GalleryImage(
                fileName: dataset.images[choice.place].fileName, reason: choice.reason,
                panels: panels.map { (title: $0.0, jpeg: $0.1) })
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
                chosen += part.map { ($0.place, "\(what): AP of this picture \(points($0.from)) → \(points($0.to))") }
            }
            add(changes.filter { $0.to > $0.from }.prefix(count), "largest gain")
            add(changes.filter { $0.to < $0.from }.reversed().prefix(count), "largest loss")
        }
        var generator = SeededGenerator(seed, 1)
        let others = generator.permutation(dataset.images.count).filter { place in !chosen.contains { $0.place == place } }
        return chosen + others.prefix(pair == nil ? 2 * count : count).map { ($0, "by chance") }
    }

    // MARK: - Drawing

    private struct Mark {
        let mask: RLE
        let box: COCO.Box
        let category: Int
        let label: String?
    }

    private static func truth(_ dataset: Dataset, _ place: Int, _ images: String) throws -> [UInt8] {
        let marks = try dataset.annotations(ofImage: place).map(Int.init).map { i in
            Mark(mask: try dataset.mask(of: i), box: dataset.boxes[i], category: Int(dataset.categoryIndices[i]), label: nil)
        }
        return try drawn(marks, dataset, place, images)
    }

    private static func drawn(_ results: Results, _ dataset: Dataset, _ place: Int, _ images: String) throws -> [UInt8] {
        let info = dataset.images[place]
        let hasMasks = results.hasMasks
        let marks = try results.imageIDs.indices.filter {
            results.imageIDs[$0] == info.id && results.scores[$0] >= drawnScore
        }.compactMap { i -> Mark? in
            guard let category = dataset.categories.firstIndex(where: { $0.id == results.categoryIDs[i] }) else { return nil }
            let empty = RLE(height: info.height, width: info.width, counts: [UInt32(info.height * info.width)])
            return Mark(
                mask: hasMasks ? try results.mask(i, height: info.height, width: info.width) : empty, box: results.boxes[i],
                category: category, label: String(format: "%.2f", results.scores[i]))
        }
        return try drawn(marks, dataset, place, images)
    }

    private static func drawn(_ marks: [Mark], _ dataset: Dataset, _ place: Int, _ images: String) throws -> [UInt8] {
        let info = dataset.images[place]
        let file = "\(images)/\(info.fileName)"
        let picture = try JPEG.read(file)
        guard picture.width == info.width, picture.height == info.height else {
            throw UserError(
                "is \(picture.width)×\(picture.height), and by the annotations \(info.width)×\(info.height)", file: file,
                remedy: "check that pictures and annotations belong together")
        }
        // Drawn at the size that is shown, so that lines and letters are sharp.
        let scale = Double(width) / Double(picture.width)
        let height = max(Int(Double(picture.height) * scale), 1)
        var canvas = Canvas(picture)
        let palette = Palette()
        for mark in marks { canvas.fill(mask: mark.mask.decode(), color: palette[mark.category], opacity: 0.45) }
        var shown = Canvas(canvas.image.resized(width: width, height: height, filter: .bilinear))
        for mark in marks {
            let (x, y) = (mark.box.x * scale, mark.box.y * scale)
            shown.rectangle(
                x: x, y: y, width: mark.box.width * scale, height: mark.box.height * scale, color: palette[mark.category])
            let name = dataset.categories[mark.category].name
            shown.label([name, mark.label].compactMap { $0 }.joined(separator: " "), x: x, y: y, color: palette[mark.category])
        }
        return try JPEG.encode(shown.image, quality: 80)
    }
}
