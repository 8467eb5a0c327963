import COCO
import Foundation
import Support
import Testing

@Suite struct DatasetCheckTests {
    private func check(
        _ annotations: String, imageFile: (@Sendable (ImageInfo) -> DatasetCheck.ImageFile)? = nil
    ) throws -> DatasetCheck {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try AtomicFile.write(
            """
            {"images":[{"id":1,"width":40,"height":30,"file_name":"a.jpg"},{"id":2,"width":8,"height":8,"file_name":"b.jpg"}],
             "categories":[{"id":3,"name":"cat"},{"id":7,"name":"dog"}],"annotations":[
             {"id":1,"image_id":1,"category_id":3,"bbox":[2,3,10,20],"area":200,"segmentation":[[2,3,12,3,12,23,2,23]]}\(annotations)]}
            """, to: path)
        return try DatasetCheck(annotations: path, imageFile: imageFile)
    }

    @Test func aGoodFileIsClean() throws {
        let found = try check(
            #"""
            ,{"id":2,"image_id":1,"category_id":7,"bbox":[0,0,40,30],"area":1200,"segmentation":[[0,0,40,0,40,30,0,30]]},
            {"id":3,"image_id":2,"category_id":7,"bbox":[0,0,8,4],"area":50000,"iscrowd":1,
             "segmentation":{"size":[8,8],"counts":[0,32,32]}}
            """#
        ) { .size(width: $0.width ?? 0, height: $0.height ?? 0) }
        #expect(found.isClean && found.findings.isEmpty)
        #expect(found.total.objects == 3 && found.total.images == 2 && found.total.crowds == 1)
        #expect(found.total.small == 1 && found.total.medium == 1 && found.total.large == 1)
        #expect(found.perCategory.map(\.objects) == [1, 2] && found.perCategory.map(\.images) == [1, 2])
        #expect(found.text.hasSuffix("no problems found"))
        #expect(found.json["clean"] == .bool(true))
    }

    @Test(arguments: [
        (
            #"{"id":1,"image_id":1,"category_id":7,"bbox":[1,1,2,2],"area":4,"segmentation":[[1,1,3,1,3,3,1,3]]}"#,
            DatasetCheck.Kind.duplicateAnnotation, "annotation 1: at places 0 and 1"
        ),
        (
            #"{"id":2,"image_id":9,"category_id":7,"bbox":[1,1,2,2],"area":4,"segmentation":[[1,1,3,1,3,3,1,3]]}"#, .unknownImage,
            "annotation 2: image 9"
        ),
        (
            #"{"id":2,"image_id":1,"category_id":9,"bbox":[1,1,2,2],"area":4,"segmentation":[[1,1,3,1,3,3,1,3]]}"#, .unknownCategory,
            "annotation 2: category 9"
        ),
        (#"{"id":2,"image_id":1,"category_id":7,"area":4,"segmentation":[[1,1,3,1,3,3,1,3]]}"#, .missingBox, "annotation 2"),
        (#"{"id":2,"image_id":1,"category_id":7,"bbox":[1,1,2,2],"segmentation":[[1,1,3,1,3,3,1,3]]}"#, .missingArea, "annotation 2"),
        (#"{"id":2,"image_id":1,"category_id":7,"bbox":[1,1,0,2],"area":4,"segmentation":[[1,1,3,1,3,3,1,3]]}"#, .emptyBox, "0.0 × 2.0"),
        (#"{"id":2,"image_id":1,"category_id":7,"bbox":[35,1,6,2],"area":4,"segmentation":[[1,1,3,1,3,3,1,3]]}"#, .boxOutsideImage, "41.0"),
        (
            #"{"id":2,"image_id":1,"category_id":7,"bbox":[1,1,2,2],"area":4,"segmentation":[[1,1,3,1,3,3,1,3],[1,1,3,3]]}"#, .shortPolygon,
            "4 numbers"
        ),
        (
            #"{"id":2,"image_id":1,"category_id":7,"bbox":[0,0,2,2],"area":1200,"segmentation":[[-1e10,0,1e10,0,1e10,1e10]]}"#,
            .polygonFarOutside, "annotation 2: -10000000000.0 in 40 × 30"
        ),
        (#"{"id":2,"image_id":1,"category_id":7,"bbox":[1,1,2,2],"area":4,"segmentation":[[1,1,3,3]]}"#, .unusableMask, "annotation 2"),
        (
            #"{"id":2,"image_id":1,"category_id":7,"bbox":[1,1,2,2],"area":4,"segmentation":[]}"#, .missingMask,
            "annotation 2: no segmentation"
        ),
        (#"{"id":2,"image_id":1,"category_id":7,"bbox":[1,1,2,2],"area":4}"#, .missingMask, "annotation 2: no segmentation"),
        (
            #"{"id":0,"image_id":1,"category_id":7,"bbox":[1,1,2,2],"area":4,"segmentation":[[1,1,3,1,3,3,1,3]]}"#, .annotationIDZero,
            "annotation 0"
        ),
        (
            #"{"id":2,"image_id":1,"category_id":7,"bbox":[9,9,-2,2],"area":4,"segmentation":[[1,1,3,1,3,3,1,3]]}"#, .negativeBox,
            "annotation 2: -2.0 × 2.0"
        ),
        (
            #"{"id":2,"image_id":1,"category_id":7,"bbox":[9,9,2],"area":4,"segmentation":[[1,1,3,1,3,3,1,3]]}"#, .malformedValue,
            "annotations, id 2: bbox must be"
        ),
        (#"{"id":2,"category_id":7,"bbox":[9,9,2,2],"area":4}"#, .malformedValue, "annotations, id 2: has no image_id"),
        (
            #"{"id":2,"image_id":1,"category_id":7,"bbox":[1,1,2,2],"area":4,"segmentation":{"size":[30,40],"counts":[7,9]}}"#, .brokenMask,
            "16"
        ),
        (
            #"{"id":2,"image_id":1,"category_id":7,"bbox":[1,1,2,2],"area":4,"segmentation":{"size":[3,4],"counts":[12]}}"#, .brokenMask,
            "3, 4"
        ),
        (
            #"{"id":2,"image_id":1,"category_id":7,"bbox":[0,0,9,9],"area":8,"segmentation":[[0,0,9,0,9,9,0,9]]}"#, .areaDisagrees,
            "mask of 81 pixels"
        ),
    ])
    func eachFaultIsNamed(_ annotation: String, _ kind: DatasetCheck.Kind, _ example: String) throws {
        let found = try check("," + annotation)
        #expect(!found.isClean)
        let finding = try #require(found.findings.first { $0.kind == kind })
        #expect(finding.count == 1 && finding.examples[0].contains(example))
        #expect(found.findings.filter { $0.kind.isProblem } == [finding])
        #expect(found.text.contains("problem: \(kind.title): 1\n  \(finding.examples[0])"))
    }

    @Test func imageFilesAreLookedAt() throws {
        let missing = try check("") { $0.id == 1 ? .missing : .size(width: 8, height: 9) }
        #expect(missing.findings.map(\.kind) == [.missingImage, .wrongSize, .emptyCategory])
        #expect(missing.findings[1].examples == ["image 2: b.jpg is 8 × 9, annotated as 8 × 8"])
        let corrupt = try check("") { _ in .unreadable(reason: "cut short") }
        #expect(corrupt.findings[0].count == 2 && corrupt.findings[0].examples[1] == "image 2: b.jpg: cut short")
    }

    @Test func imagesAndCategoriesAreLookedAt() throws {
        let text = """
            {"images":[{"id":1,"width":4,"file_name":"a.jpg"},{"id":2,"width":8,"height":8},{"id":3,"width":8,"height":8,"file_name":"a.jpg"}],
             "categories":[{"id":3,"name":"cat"},{"id":7,"name":"cat"},{"id":8}],"annotations":[
             {"id":1,"image_id":2,"category_id":3,"bbox":[2,3,1,1],"area":1}]}
            """
        let found = try withFiles(text) { try DatasetCheck(annotations: $0[0]) }
        let expected: [DatasetCheck.Kind: String] = [
            .missingImageSize: "image 1: a.jpg", .missingFileName: "image 2: no file_name", .doubledFileName: "image 3: a.jpg, as image 1",
            .doubledCategoryName: "category 7: cat, as category 3", .missingCategoryName: "category 8: no name",
        ]
        for (kind, example) in expected { #expect(found.findings.first { $0.kind == kind }?.examples == [example]) }
        #expect(found.findings.first { $0.kind == .noMasks }?.kind.isProblem == false)
        let lists = try withFiles("{}") { try DatasetCheck(annotations: $0[0]) }
        #expect(lists.findings.map(\.count) == [3] && lists.findings[0].kind == .missingList)
    }

    @Test func aTurnedImageIsTold() throws {
        let found = try check("") { .size(width: $0.height ?? 0, height: $0.width ?? 0, isTurned: true) }
        #expect(found.findings.first?.kind == .turnedImage && found.findings[0].count == 1)
        #expect(found.findings[0].examples == ["image 1: a.jpg is 30 × 40, annotated as 40 × 30"])
    }

    @Test func anEmptyCategoryIsNoProblem() throws {
        let found = try check("")
        #expect(found.isClean && found.findings.map(\.kind) == [.emptyCategory])
    }

    @Test func examplesStayFew() throws {
        let many = (2..<102).map { #",{"id":\#($0),"image_id":1,"category_id":7,"bbox":[1,1,0,0],"area":0}"# }.joined()
        let found = try check(many)
        #expect(found.findings[0].count == 100 && found.findings[0].examples.count == 100)
        #expect(found.text.contains("  … 90 more"))
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: cocoEval), "the COCO API's example is not here"))
    func cocoItselfIsClean() throws {
        let found = try DatasetCheck(annotations: "\(cocoEval)/instances_val2014_100.json")
        #expect(found.isClean, "\(found.text)")
        #expect(found.images == 100 && found.total.objects == 839)
    }
}
