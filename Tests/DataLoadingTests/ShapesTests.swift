import COCO
import DataLoading
import Foundation
import Support
import TestSupport
import Testing
import Vision

@Suite struct ShapesTests {
    private func bytes(_ folder: String) throws -> [String: Data] {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return Dictionary(
            uniqueKeysWithValues: names.compactMap { name in
                FileManager.default.contents(atPath: "\(folder)/\(name)").map { (name, $0) }
            })
    }

    @Test func theSameSeedGivesTheSameBytes() throws {
        let a = try Scratch(), b = try Scratch(), c = try Scratch()
        try ShapesDataset(train: 5, val: 3, unlabeled: 4, imageSize: 64, seed: 3).write(to: a.path, workers: 1)
        try ShapesDataset(train: 5, val: 3, unlabeled: 4, imageSize: 64, seed: 3).write(to: b.path, workers: 3)
        try ShapesDataset(train: 5, val: 3, unlabeled: 4, imageSize: 64, seed: 4).write(to: c.path, workers: 1)
        let files = try bytes(a.path)
        #expect(files.count == 5 + 3 + 4 + 3)
        #expect(try files == bytes(b.path))
        #expect(try files["train/000001.jpg"] != bytes(c.path)["train/000001.jpg"])
        #expect(files["train/000001.jpg"] != files["val/000001.jpg"])
    }

    @Test func annotationsAreExactToThePixel() throws {
        let scratch = try Scratch()
        try ShapesDataset(train: 60, val: 0, unlabeled: 0, imageSize: 160, seed: 5).write(to: scratch.path)
        let dataset = try Dataset.read("\(scratch.path)/annotations/instances_train.json")
        var sizes = [0, 0, 0]
        var taken: [Int: [UInt8]] = [:]
        for i in 0..<dataset.annotationCount {
            let mask = try #require(try dataset.mask(of: i))
            #expect(Double(mask.area) == dataset.areas[i], "annotation \(i)")
            let pixels = mask.decode()
            let xs = pixels.indices.filter { pixels[$0] == 1 }.map { $0 % 160 },
                ys = pixels.indices.filter { pixels[$0] == 1 }.map { $0 / 160 }
            let box = dataset.boxes[i]
            #expect(box.x == Double(xs.min() ?? -1) && box.width == Double((xs.max() ?? 0) - (xs.min() ?? 0) + 1))
            #expect(box.y == Double(ys.min() ?? -1) && box.height == Double((ys.max() ?? 0) - (ys.min() ?? 0) + 1))
            sizes[mask.area < 1024 ? 0 : mask.area < 9216 ? 1 : 2] += 1
            // What is seen of one object is not seen of another.
            let image = Int(dataset.imageIndices[i])
            let before = taken[image] ?? [UInt8](repeating: 0, count: 160 * 160)
            #expect(!zip(before, pixels).contains { $0 == 1 && $1 == 1 })
            taken[image] = zip(before, pixels).map { max($0, $1) }
        }
        #expect(sizes.allSatisfy { $0 > 0 }, "\(sizes)")
        #expect(Set(dataset.categoryIndices).count == dataset.categories.count && dataset.categories.count >= 8)
    }

    @Test func outlinesRasteriseToTheirMasks() {
        var generator = SeededGenerator(2)
        for _ in 0..<300 {
            let (h, w) = (generator.integer(in: 1..<14), generator.integer(in: 1..<14))
            let density = generator.uniform()
            let mask = (0..<h * w).map { _ in generator.chance(density) ? UInt8(1) : 0 }
            let polygons = Outline.polygons(of: mask, width: w, height: h)
            #expect(RLE(polygons: polygons, height: h, width: w).decode() == mask)
        }
    }

    @Test func aFolderOfOtherParametersIsLeftAlone() throws {
        let scratch = try Scratch()
        try ShapesDataset(train: 2, val: 1, unlabeled: 1, imageSize: 64, seed: 3).write(to: scratch.path)
        let before = try bytes(scratch.path)
        try ShapesDataset(train: 2, val: 1, unlabeled: 1, imageSize: 64, seed: 3).write(to: scratch.path)
        #expect(throws: UserError.self) {
            try ShapesDataset(train: 3, val: 1, unlabeled: 1, imageSize: 64, seed: 3).write(to: scratch.path)
        }
        #expect(try bytes(scratch.path) == before)
    }
}
