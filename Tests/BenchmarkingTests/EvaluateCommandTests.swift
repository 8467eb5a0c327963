import Foundation
import Support
import TestSupport
import Testing

/// What of evaluation only the command line does: its options, and its exit codes.
@Suite struct EvaluateCommandTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func run(_ arguments: String...) throws -> CommandResult { try CommandLineTool.run(arguments) }

    /// Files of people and of what was found, from the fixture of keypoints.
    private func keypoints() throws -> (golden: JSON, arguments: [String]) {
        let golden = try JSON.read("\(CommandLineTool.project)/Tests/COCOTests/Fixtures/keypoints.json")
        for key in ["gt", "dt"] { try AtomicFile.write(try #require(golden[key]).text(), to: "\(scratch.path)/\(key).json") }
        return (golden, ["evaluate", "--annotations", "\(scratch.path)/gt.json", "--results", "\(scratch.path)/dt.json"])
    }

    @Test func keypointSigmasReachTheEvaluator() throws {
        let (golden, arguments) = try keypoints()
        let expected = try #require(golden["withSigmas"])
        let sigmas = try #require(expected["params"]?["kpt_oks_sigmas"]?.array).compactMap(\.double)
        let words = sigmas.map { "\($0)" }.joined(separator: ",")
        let result = try CommandLineTool.run(arguments + ["--iou", "keypoints", "--keypoint-sigmas", words])
        #expect(result.status == 0 && result.output == (expected["text"]?.string ?? "") + "\n", "\(result.error)")
    }

    @Test(arguments: [
        (["--iou", "keypoints", "--agnostic"], "--agnostic finds no keypoints"),
        (["--iou", "keypoints", "--keypoint-sigmas", "0.1,0.1"], "has 17 keypoints, and there are sigmas for 2"),
        (["--iou", "keypoints", "--keypoint-sigmas", "0.1,0"], "--keypoint-sigmas must be above 0"),
        (["--iou", "bbox", "--keypoint-sigmas", "0.1"], "--keypoint-sigmas is for --iou keypoints"),
    ])
    func mistakesAboutKeypointsAreALine(_ options: [String], _ message: String) throws {
        let result = try CommandLineTool.run(keypoints().arguments + options)
        #expect(result.status == 1 && result.output.isEmpty)
        #expect(result.error.hasPrefix("ediy: ") && result.error.contains(message), "\(result.error)")
        #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
    }

    @Test func aCheckedFileThatIsWrongEndsWith1() throws {
        let path = "\(scratch.path)/gt.json"
        func write(box: String) throws {
            try AtomicFile.write(
                #"""
                {"images":[{"id":1,"width":10,"height":10,"file_name":"a.jpg"}],"categories":[{"id":1,"name":"a"}],
                 "annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":\#(box),"area":4,"iscrowd":0}]}
                """#, to: path)
        }
        try write(box: "[1,1,2,2]")
        let clean = try run("dataset", "check", path)
        #expect(clean.status == 0, "\(clean.output)\(clean.error)")

        try write(box: "[8,1,4,1]")
        let wrong = try run("dataset", "check", path, "--json", "\(scratch.path)/check.json")
        #expect(wrong.status == 1 && wrong.output.contains("outside"), "\(wrong.output)\(wrong.error)")
        #expect(try JSON.read("\(scratch.path)/check.json").object?.isEmpty == false)

        try AtomicFile.write("{", to: path)
        let unread = try run("dataset", "check", path)
        #expect(unread.status == 1 && unread.output.isEmpty && unread.error.contains(path), "\(unread.error)")
    }

    @Test func aDetectorAgainstItselfMakesNoDifference() throws {
        let folder = "\(CommandLineTool.project)/Tests/COCOTests/Fixtures"
        let (results, json) = ("\(folder)/random0-dt.json", "\(scratch.path)/compare.json")
        let arguments = ["compare", results, results, "--annotations", "\(folder)/random0-gt.json"]
        let result = try CommandLineTool.run(arguments + ["--resamples", "40", "--json", json])
        #expect(result.status == 0, "\(result.error)")
        #expect(try JSON.read(json)["bbox"]?.object?.isEmpty == false)
        let few = try CommandLineTool.run(arguments + ["--resamples", "4"])
        #expect(few.status != 0 && few.error.contains("--resamples must be 40 to 100000"), "\(few.error)")
    }
}
