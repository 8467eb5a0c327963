import COCO
import Foundation
import TestSupport
import Testing

/// The example of Sources/COCO/COCO.docc, as it stands there.
@Suite struct ExampleTests {
    @Test func theDocumentedExampleIsThisOne() throws {
        let article = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../Sources/COCO/COCO.docc/COCO.md")
        let own = try String(contentsOfFile: #filePath, encoding: .utf8)
        let example = try #require(own.components(separatedBy: "// The example\n").last)
        #expect(try String(contentsOf: article, encoding: .utf8).contains("import COCO\n\n" + example))
    }

    @Test func theExampleRuns() throws {
        let text = try report(fixture("random0-gt.json"), fixture("random0-dt.json"), fixture("random0-dt.json"))
        #expect(text.contains("Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ]"))
        #expect(text.contains("AP50") && text.contains("pixels in") && text.hasSuffix("0.0 in 0.0...0.0: may be chance"))
    }
}

// The example
func report(_ annotations: String, _ first: String, _ second: String) throws -> String {
    let dataset = try Dataset.read(annotations)
    let results = try Results.read(first)

    // The twelve numbers, a category's AP, and precision and recall of what scores 0.5 or more.
    let evaluation = try Evaluator(.segm).evaluate(results, against: dataset, by: .segm)
    var lines = [evaluation.text]
    for (category, ap) in zip(evaluation.categories, evaluation.perCategoryAP(iou: 0.5)) where ap != nil {
        lines.append("\(category.name): AP50 \(ap ?? 0)")
    }
    let point = try Evaluator(.segm).operatingPoints(results, against: dataset, by: .segm, score: 0.5).total[0]
    lines.append("precision \(point.precision ?? 0), recall \(point.recall ?? 0)")

    // Masks are run lengths, and are computed with as such.
    for annotation in dataset.annotations(ofImage: 0) {
        guard let mask = try dataset.mask(of: Int(annotation)) else { continue }
        lines.append("\(mask.area) pixels in \(mask.boundingBox): \(mask.compressed)")
    }

    // Is another detector better, and is that more than chance?
    let comparison = try Comparison(results, Results.read(second), against: dataset, by: .segm)
    if let line = comparison.bySize[0].line {
        lines.append("\(line.difference) in \(line.interval): \(line.stands ? "stands" : "may be chance")")
    }
    return lines.joined(separator: "\n")
}
