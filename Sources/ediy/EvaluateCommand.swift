import ArgumentParser
import COCO
import Foundation
import Support

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Compute COCO AP of detections: pycocotools' twelve numbers, bit for bit.",
        discussion: """
              ediy evaluate --annotations instances_val2017.json --results results.json --iou bbox,segm --json ap.json
              ediy evaluate --annotations lvis_v1_val.json --results results.json --iou segm --protocol lvis
              ediy evaluate --annotations gt.json --results dt.json --categories person,car --max-dets 1,10,300 \\
                   --area tiny:0-256 --area rest:256-1e10 --iou-thresholds 0.5,0.75
              ediy evaluate --annotations gt.json --results dt.json --score 0.5 --curves curves.json
            """)

    @Option(help: "The ground truth, a COCO annotation file.") var annotations: String
    @Option(help: "The detections, a COCO results file.") var results: String
    @Option(help: "What objects are compared by: bbox, segm, keypoints, or several with commas between.") var iou = "bbox"
    @Option(help: "Whose rules decide what counts: coco; lvis (federated, 300 detections per image); voc (boxes, 2007's and 2010's AP).")
    var `protocol` = Rulebook.coco
    @OptionGroup(title: "What is evaluated") var selection: EvaluatorOptions
    @Flag(help: "Also print AP and AR by category.") var perCategory = false
    @Option(help: "Also print precision and recall, by category, of the detections of at least this score.") var score: Double?
    @Option(help: "Also write the numbers, and AP by category, to this file.") var json: String?
    @Option(help: "Also write precision and score over recall, by category and IoU threshold, to this file, as JSON.")
    var curves: String?

    enum Rulebook: String, ExpressibleByArgument, CaseIterable {
        case coco, lvis, voc
    }

    func validate() throws {
        if let score, !score.isFinite { throw ValidationError("--score must be a number") }
        guard `protocol` == .voc else { return }
        if iou != "bbox" { throw ValidationError("--protocol voc evaluates boxes: --iou bbox") }
        if score != nil || curves != nil { throw ValidationError("--protocol voc has no --score and no --curves") }
        if !selection.isEmpty { throw ValidationError("--protocol voc takes no choice of what is evaluated") }
    }

    func run() throws {
        let types = try IoUType.list(iou)
        let dataset = try Dataset.read(annotations)
        if dataset.annotationIDs.contains(0) {
            StandardError.line(
                "\(annotations): annotation 0: pycocotools takes the id 0 for no match, so that this object is never found, "
                    + "and so it is here; count ids from 1")
        }
        let rules: Evaluator.Rules
        switch `protocol` {
        case .voc: return try runVOC(dataset)
        case .coco: rules = .coco
        case .lvis: rules = .lvis
        }
        let evaluators = try types.map { try selection.evaluator($0, rules, dataset) }
        let detections = try Results.read(results)
        var (members, curvesByType): ([(key: String, value: JSON)], [(key: String, value: JSON)]) = ([], [])
        for (type, evaluator) in zip(types, evaluators) {
            let evaluation = try evaluator.evaluate(detections, against: dataset, by: type)
            if types.count > 1 { print("\(type.rawValue):") }
            print(evaluation.text)
            if perCategory { print("\n\(evaluation.categoryText)\n") }
            var numbers = evaluation.json.object ?? []
            if let score {
                let points = try evaluator.operatingPoints(detections, against: dataset, by: type, score: score)
                print("\n\(points.text)\n")
                numbers.append((key: "atScore", value: points.json))
            }
            members.append((type.rawValue, .object(numbers)))
            if curves != nil { curvesByType.append((type.rawValue, evaluation.curvesJSON)) }
        }
        try write(.object(members), to: json)
        try write(.object(curvesByType), to: curves)
    }

    private func runVOC(_ dataset: Dataset) throws {
        let evaluation = try VOCEvaluation(Results.read(results), against: dataset)
        print(evaluation.text)
        if perCategory { print("\n\(evaluation.categoryText)\n") }
        try write(["bbox": evaluation.json], to: json)
    }

    private func write(_ numbers: JSON, to path: String?) throws {
        if let path { try AtomicFile.write(numbers.text(pretty: true) + "\n", to: path) }
    }
}
