import COCO
import Support
import Testing

/// Each class of malformed file: one line, with the file and the place, and nothing computed.
@Suite struct MalformedFilesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var annotations = good
        var results = "[\(detection)]"
        let place: String
        let problem: String

        var testDescription: String { name }
    }

    private static let detection = #"{"image_id":1,"category_id":1,"bbox":[1,1,2,2],"score":0.5}"#
    private static let annotation = #"{"id":5,"image_id":1,"category_id":1,"bbox":[1,1,2,2],"area":4,"segmentation":[[1,1,3,1,3,3]]}"#
    private static let good = dataset(annotation)

    private static func dataset(
        _ annotations: String, images: String = #"{"id":1,"width":10,"height":10}"#, categories: String = #"{"id":1,"name":"x"}"#
    ) -> String {
        #"{"images":[\#(images)],"categories":[\#(categories)],"annotations":[\#(annotations)]}"#
    }

    private static func changed(_ record: String, _ from: String, _ to: String) -> String { record.replacing(from, with: to) }

    private static func results(_ name: String, _ from: String, _ to: String, _ place: String, _ problem: String) -> Case {
        Case(name: name, results: "[\(detection),\(changed(detection, from, to))]", place: place, problem: problem)
    }

    private static func annotations(_ name: String, _ from: String, _ to: String, _ place: String, _ problem: String) -> Case {
        let other = changed(changed(annotation, #""id":5"#, #""id":6"#), from, to)
        return Case(name: name, annotations: dataset("\(annotation),\(other)"), place: place, problem: problem)
    }

    private static let box = #""bbox":[1,1,2,2],"#
    private static let mask = #""segmentation":{"size":[10,10],"counts":"#
    private static let deep = String(repeating: "[", count: 100_000)

    static let cases: [Case] = [
        Case(name: "results truncated", results: "[\(detection),{\"image_id\":1,\"ca", place: "byte 78", problem: "ends in the middle"),
        Case(
            name: "annotations truncated", annotations: String(good.dropLast(9)), place: "byte \(good.utf8.count - 9)",
            problem: "ends in the middle"),
        Case(name: "results empty file", results: "", place: "byte 0", problem: "is empty"),
        Case(name: "results nested deeply, not closed", results: deep, place: "byte 100000", problem: "ends in the middle"),
        results("nested deeply", "[1,1,2,2]", deep + String(repeating: "]", count: 100_000), "record 1", "bbox must be"),
        results("score NaN", "0.5", "NaN", "record 1", "score must be a finite number"),
        results("score infinite", "0.5", "Infinity", "record 1", "score must be a finite number"),
        results("score beyond doubles", "0.5", "-1e999", "record 1", "score must be a finite number"),
        results("score a string", "0.5", #""high""#, "record 1", "score must be a finite number"),
        results("no score", #","score":0.5"#, "", "record 1", "has no score"),
        results("box of three", "[1,1,2,2]", "[1,1,2]", "record 1", "bbox must be a list of four numbers"),
        results("box a string", "[1,1,2,2]", #""1 1 2 2""#, "record 1", "bbox must be a list of four numbers"),
        results("nothing found", #","bbox":[1,1,2,2]"#, "", "record 1", "neither bbox nor segmentation"),
        results(
            "image id beyond 64 bits", #""image_id":1"#, #""image_id":9223372036854775808"#, "record 1",
            "is on image 9223372036854775808, which the annotations do not have"),
        results("image id a string of another image", #""image_id":1"#, #""image_id":"x1""#, "record 1", "is on image x1, which"),
        results("unknown image", #""image_id":1"#, #""image_id":7"#, "record 1", "on image 7, which the annotations do not have"),
        results("counts overrun", #""bbox":[1,1,2,2]"#, box + mask + "[1,500]}", "record 1", "counts add up to 501"),
        results("compressed counts overrun", #""bbox":[1,1,2,2]"#, box + mask + #""PPYo2"}"#, "record 1", "counts add up to"),
        results("counts fall short", #""bbox":[1,1,2,2]"#, box + mask + "[1,5]}", "record 1", "counts add up to 6"),
        results("negative counts", #""bbox":[1,1,2,2]"#, box + mask + "[-1,101]}", "record 1", "run lengths of 0 to 2^32"),
        results("counts no code", #""bbox":[1,1,2,2]"#, box + mask + #""\u0001"}"#, "record 1", "escape"),
        results(
            "mask of negative size", #""bbox":[1,1,2,2]"#, box + #""segmentation":{"size":[-10,10],"counts":[100]}"#, "record 1",
            "size must be"),
        results(
            "mask of another size", #""bbox":[1,1,2,2]"#, box + #""segmentation":{"size":[10,20],"counts":[200]}"#, "record 1",
            "its image of 10, 10"),
        Case(name: "results an object", results: "{}", place: "", problem: "a results file must be a list"),
        Case(name: "a record no object", results: "[\(detection),7]", place: "record 1", problem: "must be an object"),
        Case(name: "annotations a list", annotations: "[]", place: "", problem: "an annotation file must be an object"),
        Case(name: "no categories", annotations: #"{"images":[],"annotations":[]}"#, place: "", problem: "has no list of categories"),
        Case(
            name: "image of negative size", annotations: dataset("", images: #"{"id":1,"width":-1,"height":9}"#),
            place: "images, record 0 (id 1)", problem: "width and height must be"),
        Case(
            name: "image ids twice", annotations: dataset("", images: #"{"id":1,"width":1,"height":1},{"id":1,"width":1,"height":1}"#),
            place: "image 1", problem: "is there twice"),
        Case(
            name: "category ids twice", annotations: dataset("", categories: #"{"id":1,"name":"x"},{"id":1,"name":"y"}"#),
            place: "category 1", problem: "is there twice"),
        annotations("annotation ids twice", #""id":6"#, #""id":5"#, "annotation 5", "is there twice"),
        annotations(
            "annotation of an unknown image", #""image_id":1"#, #""image_id":2"#, "annotation 6", "image 2, which is not in the file"),
        annotations(
            "annotation of an unknown category", #""category_id":1"#, #""category_id":2"#, "annotation 6",
            "category 2, which is not in the file"),
        annotations("area NaN", #""area":4"#, #""area":NaN"#, "annotations, record 1 (id 6)", "area must be a finite number"),
        annotations("polygon of strings", "[[1,1,3,1,3,3]]", #"[["x"]]"#, "annotations, record 1 (id 6)", "a polygon's coordinate must be"),
        annotations(
            "annotation's counts overrun", "[[1,1,3,1,3,3]]", #"{"size":[10,10],"counts":[1,500]}"#, "annotation 6", "counts add up to 501"),
        Case(
            name: "a polygon that takes gigabytes",
            annotations: dataset(
                annotation.replacing("1,1,3,1,3,3", with: (0..<1000).map { "\($0 % 2 * 1_000_000),\($0)" }.joined(separator: ",")),
                images: #"{"id":1,"width":1048576,"height":1000}"#),
            results: #"[{"image_id":1,"category_id":1,"bbox":[1,1,2,2],"score":1}]"#, place: "annotation 5", problem: "columns of pixels"),
    ]

    @Test(arguments: cases)
    func eachIsOneLine(_ malformed: Case) throws {
        try withFiles(malformed.annotations, malformed.results) { paths in
            let error = #expect(throws: UserError.self) {
                let (dataset, results) = try (Dataset.read(paths[0]), Results.read(paths[1]))
                _ = try Evaluator(.segm).evaluate(results, against: dataset, by: .segm)
            }
            let line = error?.description ?? ""
            let file = malformed.annotations == Self.good ? paths[1] : paths[0]
            #expect(line.hasPrefix("\(file): \(malformed.place)"), "\(line)")
            #expect(line.contains(malformed.problem) && line.contains("; ") && !line.contains("\n"), "\(line)")
        }
    }

    @Test func nothingFoundIsValid() throws {
        try withFiles(Self.good, "[]") { paths in
            let (dataset, results) = try (Dataset.read(paths[0]), Results.read(paths[1]))
            for type in IoUType.detection {
                let evaluation = try Evaluator(type).evaluate(results, against: dataset, by: type)
                #expect(evaluation["AP"] == 0 && evaluation["AR100"] == 0)
            }
        }
    }

    /// Far too large to be whole numbers, and no fault: a detector that diverged gives such.
    @Test(arguments: ["1e300,1,2,2", "-1e300,-1e300,1e308,1e308", "1,1,1e308,1e308", "-9e18,0,1e19,5"])
    func boxesFarOutsideAreEvaluated(_ box: String) throws {
        try withFiles(Self.good, #"[{"image_id":1,"category_id":1,"bbox":[\#(box)],"score":0.5}]"#) { paths in
            let (dataset, results) = try (Dataset.read(paths[0]), Results.read(paths[1]))
            for type in IoUType.detection { _ = try Evaluator(type).evaluate(results, against: dataset, by: type) }
            #expect(try VOCEvaluation(results, against: dataset).perCategory.count == 1)
        }
    }
}
