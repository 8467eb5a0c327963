import ArgumentParser
import COCO
import Support

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Say whether two detectors' difference in COCO AP stands.",
        discussion: """
            Draws the images anew many times, and gives the second's AP minus the first's with the interval that holds it in
            95% of the draws. It tells chance in the images, not in training: for that, compare several seeds.

              ediy compare byol.json e-diy.json --annotations instances_val2017.json --iou bbox,segm
            """)

    @Argument(help: "The first detector's COCO results file.") var first: String
    @Argument(help: "The second's.") var second: String
    @Option(help: "The ground truth, a COCO annotation file.") var annotations: String
    @Option(help: "What objects are compared by: bbox, segm, keypoints, or several with commas between.") var iou = "bbox"
    @Option(help: "How often the images are drawn.") var resamples = 1000
    @Option(help: "Decides the draws.") var seed = Seed(0)
    @Flag(help: "Also a line for each category.") var perCategory = false
    @Option(help: "Also write the numbers to this file, as JSON.") var json: String?

    func validate() throws {
        guard (40...100_000).contains(resamples) else { throw ValidationError("--resamples must be 40 to 100000") }
    }

    func run() throws {
        let types = try IoUType.list(iou)
        let dataset = try Dataset.read(annotations)
        let comparisons = try Comparison.byType(
            types, [{ try Results.read(first) }], [{ try Results.read(second) }], against: dataset, resamples: resamples,
            seed: seed.value)
        var members: [(key: String, value: JSON)] = []
        for type in types {
            guard let comparison = comparisons[type] else { continue }
            if types.count > 1 { print("\(type.rawValue):") }
            print(comparison.text(perCategory: perCategory))
            members.append((type.rawValue, comparison.json))
        }
        if let json { try AtomicFile.write(JSON.object(members).text(pretty: true) + "\n", to: json) }
    }
}

extension IoUType {
    /// The types of a list with commas, as options give it.
    ///
    /// - Throws: `UserError` naming a word that is none.
    static func list(_ text: String) throws -> [IoUType] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let type = IoUType(rawValue: String(word)) else {
                throw UserError(
                    "--iou \(word.isEmpty ? "with an empty word" : word) is not known",
                    remedy: "use bbox, segm, keypoints, or several with commas between")
            }
            return type
        }
    }
}
