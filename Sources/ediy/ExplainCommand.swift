import ArgumentParser
import COCO
import Support

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say what keeps a detector's AP down: TIDE's errors, and what is taken for what.",
        discussion: """
            Six kinds of error, each with the AP that mending it alone would gain (TIDE, arXiv 2008.08115); precision and
            recall by category at a score; and the categories taken for each other most often.

              ediy explain --annotations instances_val2017.json --results results.json --score 0.5
            """)

    @Option(help: "The ground truth, a COCO annotation file.") var annotations: String
    @Option(help: "The detections, a COCO results file.") var results: String
    @Option(help: "What objects are compared by: bbox, segm, or both with a comma between.") var iou = "bbox"
    @Option(help: "The least overlap of a right detection.") var overlap = 0.5
    @Option(help: "The overlap that is none any more.") var background = 0.1
    @Option(help: "The least score of detections in precision, recall and confusions.") var score = 0.5
    @Option(help: "Also write the numbers, and the whole confusion matrix, to this file.") var json: String?

    func validate() throws {
        guard 0 < background, background < overlap, overlap < 1 else {
            throw ValidationError("--background and --overlap must be 0 < background < overlap < 1")
        }
        guard score.isFinite else { throw ValidationError("--score must be a number") }
    }

    func run() throws {
        let types = try IoUType.list(iou)
        if types.contains(.keypoints) { throw UserError("--iou keypoints has no kinds of error", remedy: "use bbox or segm") }
        let dataset = try Dataset.read(annotations)
        let detections = try Results.read(results)
        var members: [(key: String, value: JSON)] = []
        for type in types {
            let errors = try ErrorAnalysis(detections, against: dataset, by: type, overlap: overlap, background: background)
            let confusion = try ConfusionMatrix(detections, against: dataset, by: type, score: score, overlap: overlap)
            if types.count > 1 { print("\(type.rawValue):") }
            print("\(errors.text)\n\n\(confusion.text)")
            members.append((type.rawValue, ["errors": errors.json, "confusion": confusion.json]))
        }
        if let json { try AtomicFile.write(JSON.object(members).text(pretty: true) + "\n", to: json) }
    }
}
