import ArgumentParser
import COCO
import Support

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Compute COCO AP of detections: pycocotools' twelve numbers, bit for bit.",
        discussion: """
              ediy evaluate --annotations instances_val2017.json --results results.json --iou bbox,segm --json ap.json
            """)

    @Option(help: "The ground truth, a COCO annotation file.") var annotations: String
    @Option(help: "The detections, a COCO results file.") var results: String
    @Option(help: "What objects are compared by: bbox, segm, or both with a comma between.") var iou = "bbox"
    @Flag(help: "Also print AP and AR by category.") var perCategory = false
    @Option(help: "Also write the numbers, and AP by category, to this file.") var json: String?

    func run() throws {
        let types = try IoUType.list(iou)
        let dataset = try Dataset.read(annotations)
        let detections = try Results.read(results)
        var members: [(key: String, value: JSON)] = []
        for type in types {
            let evaluation = try Evaluator().evaluate(detections, against: dataset, by: type)
            if types.count > 1 { print("\(type.rawValue):") }
            print(evaluation.text)
            if perCategory { print("\n\(evaluation.categoryText)\n") }
            members.append((type.rawValue, evaluation.json))
        }
        if let json { try AtomicFile.write(JSON.object(members).text(pretty: true) + "\n", to: json) }
    }
}
