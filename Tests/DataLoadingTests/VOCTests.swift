import COCO
import DataLoading
import Foundation
import Support
import Testing

/// Pascal VOC's XML as COCO JSON.
@Suite struct VOCTests {
    private final class Devkit {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("voc-\(UUID())").path
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ text: String, to name: String) throws {
            let file = "\(path)/\(name)"
            try FileManager.default.createDirectory(
                atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try AtomicFile.write(text, to: file)
        }

        func annotate(_ name: String, _ objects: String) throws {
            try write(
                """
                <annotation><folder>VOC</folder><filename>x.jpg</filename><source><name>nobody</name></source>
                <size><width>50</width><height>40</height><depth>3</depth></size><segmented>0</segmented>\(objects)</annotation>
                """, to: name)
        }
    }

    private func object(_ name: String, _ box: String, difficult: Int = 0, more: String = "") -> String {
        let sides = zip(["xmin", "ymin", "xmax", "ymax"], box.split(separator: " ")).map { "<\($0)>\($1)</\($0)>" }.joined()
        return """
            <object><name>\(name)</name><pose>Left</pose><difficult>\(difficult)</difficult>\(more)
            <bndbox>\(sides)</bndbox></object>
            """
    }

    private func devkit() throws -> Devkit {
        let kit = Devkit()
        try kit.write("000005\n000012  1\n", to: "VOC2007/ImageSets/Main/trainval.txt")
        try kit.write("2008_000002\r\n", to: "VOC2012/ImageSets/Main/trainval.txt")
        let head = "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></part>"
        try kit.annotate(
            "VOC2007/Annotations/000005.xml",
            object("chair", "1 1 50 40") + object("person", "11 12 20 31", difficult: 1, more: head))
        try kit.annotate("VOC2007/Annotations/000012.xml", "")
        try kit.annotate("VOC2012/Annotations/2008_000002.xml", object("tvmonitor", "34.5 11 40.25 20"))
        return kit
    }

    private func read(_ kit: Devkit) throws -> Dataset {
        try VOCDataset(kit.path, sets: ["VOC2007/trainval", "VOC2012/trainval"]).write(to: "\(kit.path)/all.json")
        return try Dataset.read("\(kit.path)/all.json")
    }

    @Test func boxesAndCategories() throws {
        let dataset = try read(devkit())
        #expect(
            dataset.images.map(\.fileName) == [
                "VOC2007/JPEGImages/000005.jpg", "VOC2007/JPEGImages/000012.jpg", "VOC2012/JPEGImages/2008_000002.jpg",
            ])
        #expect(dataset.images.allSatisfy { $0.width == 50 && $0.height == 40 })
        #expect(dataset.categories.count == 20 && dataset.categories[0].name == "aeroplane")
        #expect(dataset.categoryIndices.map { dataset.categories[Int($0)].name } == ["chair", "person", "tvmonitor"])
        let boxes = dataset.boxes.map { [$0.x, $0.y, $0.width, $0.height] }
        #expect(boxes == [[0, 0, 50, 40], [10, 11, 10, 20], [33.5, 10, 6.75, 10]])
        #expect(dataset.areas == [2000, 200, 67.5] && dataset.isCrowd == [false, false, false])
        #expect(dataset.annotations(ofImage: 1).isEmpty)
    }

    @Test func difficultObjectsAreSo() throws {
        // What finds the difficult one counts neither for nor against.
        let dataset = try read(devkit())
        let found = [(1, 9, [0.0, 0, 50, 40]), (1, 15, [10, 11, 10, 20]), (3, 20, [33, 10, 7, 10])].map { image, category, b in
            Detection(
                imageID: image, categoryID: category, box: Box(x: b[0], y: b[1], width: b[2], height: b[3]), score: 0.9)
        }
        let evaluation = try VOCEvaluation(Results(found), against: dataset)
        #expect(evaluation.perCategory[14] == nil)
        #expect(evaluation.mean(iou: 0.5, \.area) == 1)
    }

    @Test func errorsNameFileAndPlace() throws {
        let kit = try devkit()
        func message(_ sets: [String]) -> String {
            do {
                _ = try VOCDataset(kit.path, sets: sets)
                return ""
            } catch { return "\(error)" }
        }
        let set = ["VOC2007/trainval"], file = "VOC2007/Annotations/000005.xml"
        #expect(message(["VOC2011/trainval"]).contains("VOC2011/ImageSets/Main/trainval.txt: cannot be read"))
        #expect(message(["trainval"]).contains("is no image set"))
        try kit.annotate(file, object("unicorn", "1 1 2 2"))
        #expect(message(set).contains("000005.xml: object 1: is of category 'unicorn'"))
        try kit.annotate(file, object("dog", "5 1 2 2"))
        #expect(message(set).contains("object 1: has no box"))
        try kit.annotate(file, object("dog", "5 1 2"))
        #expect(message(set).contains("object 1: has no box"))
        try kit.write("<annotation><object>\n<name>dog</annotation>", to: file)
        #expect(message(set).contains("000005.xml: is no well-formed XML"))
        try FileManager.default.removeItem(atPath: "\(kit.path)/\(file)")
        #expect(message(set).contains("000005.xml: cannot be read"))
    }
}
