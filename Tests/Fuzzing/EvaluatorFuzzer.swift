// Well-formed annotation and results files of odd content: each input is a list of choices, among numbers that are 0, negative,
// fractions, huge or none at all. Whatever reads a COCO file reads them; what it makes of them does not matter here, so long as
// it returns or throws.
import Foundation

private struct Choices {
    var bytes: UnsafeBufferPointer<UInt8>
    var next = 0

    /// 0 ..< n; 0 when the input is used up.
    mutating func callAsFunction(_ n: Int) -> Int {
        defer { next += 1 }
        return next < bytes.count ? Int(bytes[next]) % n : 0
    }

    mutating func of(_ words: [String]) -> String { words[self(words.count)] }

    mutating func number() -> String {
        of([
            "1", "0", "2", "3.5", "10", "0.25", "-1", "-0.0", "33", "1e-320", "1024", "1e5", "1e300", "-1e300", "1e308", "9e18",
            "2147483648", "1e999", "null", "\"1\"", "[]", "true",
        ])
    }

    mutating func numbers(_ count: Int) -> String { "[" + (0..<count).map { _ in number() }.joined(separator: ",") + "]" }

    mutating func id() -> String { of(["1", "2", "3", "0", "-7", "9223372036854775807", "1000000", "4"]) }

    mutating func segmentation() -> String {
        let size = of(["[10,12]", "[12,10]", "[0,0]", "[1,1]", "[4096,4096]"])
        switch self(4) {
        case 0: return "[" + (0..<1 + self(3)).map { _ in numbers(self(9)) }.joined(separator: ",") + "]"
        case 1: return "{\"size\":\(size),\"counts\":[\(self(130)),\(self(130)),\(self(130))]}"
        case 2:
            let text = String(decoding: (0..<self(12)).map { _ in UInt8(48 + self(64)) }, as: UTF8.self)
            return "{\"size\":\(size),\"counts\":\"\(text.replacing("\\", with: "\\\\"))\"}"
        default: return "{\"size\":[10,12],\"counts\":[50,\(self(70)),0,\(self(2))]}"
        }
    }

    /// Members, each of them left out now and then.
    mutating func record(_ members: [(String, (inout Choices) -> String)]) -> String {
        "{" + members.compactMap { key, value in self(8) == 7 ? nil : "\"\(key)\":\(value(&self))" }.joined(separator: ",") + "}"
    }

    mutating func list(_ most: Int, _ record: (inout Choices) -> String) -> String {
        "[" + (0..<self(most + 1)).map { _ in record(&self) }.joined(separator: ",") + "]"
    }
}

private nonisolated(unsafe) let files = (0..<2).map { memfd_create("input\($0)", 0) }

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var choices = Choices(bytes: UnsafeBufferPointer(start: data, count: size))
    let type = IoUType.allCases[choices(3)]
    let image: (inout Choices) -> String = {
        $0.record([
            ("id", { $0.id() }), ("width", { $0.of(["10", "12", "0", "1", "4096"]) }), ("height", { $0.of(["10", "12", "0", "1", "4096"]) }),
            ("neg_category_ids", { "[\($0.id())]" }), ("not_exhaustive_category_ids", { "[\($0.id())]" }),
        ])
    }
    let category: (inout Choices) -> String = {
        $0.record([("id", { $0.id() }), ("name", { _ in "\"x\"" }), ("frequency", { $0.of(["\"r\"", "\"c\"", "\"z\""]) })])
    }
    let points: (inout Choices) -> String = { $0.numbers([51, 6, 3, 0][$0(4)]) }
    let annotation: (inout Choices) -> String = {
        $0.record([
            ("id", { $0.id() }), ("image_id", { $0.id() }), ("category_id", { $0.id() }), ("bbox", { $0.numbers(4) }),
            ("area", { $0.number() }), ("iscrowd", { $0.of(["0", "1"]) }), ("ignore", { $0.of(["0", "1"]) }),
            ("segmentation", { $0.segmentation() }), ("keypoints", points), ("num_keypoints", { $0.of(["0", "1", "-3"]) }),
        ])
    }
    let detection: (inout Choices) -> String = {
        $0.record([
            ("image_id", { $0.id() }), ("category_id", { $0.id() }), ("bbox", { $0.numbers(4) }), ("score", { $0.number() }),
            ("segmentation", { $0.segmentation() }), ("keypoints", points),
        ])
    }
    let truth = "{\"images\":\(choices.list(3, image)),\"categories\":\(choices.list(2, category)),\"annotations\":\(choices.list(5, annotation))}"
    let texts = [truth, choices.list(6, detection)]
    for (file, text) in zip(files, texts) {
        precondition(ftruncate(file, 0) == 0 && pwrite(file, text, text.utf8.count, 0) == text.utf8.count)
    }
    let paths = files.map { "/proc/self/fd/\($0)" }
    _ = try? DatasetCheck(annotations: paths[0]).text
    var options = ReadingOptions()
    options.threads = 1
    guard let dataset = try? Dataset.read(paths[0], options), let results = try? Results.read(paths[1], options) else { return 0 }
    for i in 0..<dataset.annotationCount { _ = try? dataset.mask(of: i).boundingBox }
    var evaluators = [Evaluator(type)]
    if type != .keypoints { evaluators.append(.lvis) }
    evaluators[0].usesCategories = choices(3) > 0
    for evaluator in evaluators {
        _ = try? evaluator.evaluate(results, against: dataset, by: type).text
        _ = try? evaluator.operatingPoints(results, against: dataset, by: type, score: 0).text
    }
    _ = try? Comparison(results, results, against: dataset, by: type, resamples: 3, evaluator: Evaluator(type)).text(perCategory: true)
    guard type != .keypoints else { return 0 }
    _ = try? ErrorAnalysis(results, against: dataset, by: type).text
    _ = try? ConfusionMatrix(results, against: dataset, by: type, score: 0).text
    _ = try? VOCEvaluation(results, against: dataset).text
    return 0
}
