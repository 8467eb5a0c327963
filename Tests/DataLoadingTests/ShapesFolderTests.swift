import DataLoading
import Foundation
import Support
import Testing

@Suite struct ShapesFolderTests {
    /// Hands `body` a path where nothing is yet, and clears up.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let root = NSTemporaryDirectory() + "ediy-shapes-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        try body("\(root)/shapes")
    }

    /// Every file below a folder, by its relative path.
    private func files(_ folder: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            files[name] = FileManager.default.contents(atPath: "\(folder)/\(name)")
        }
        return files
    }

    @Test func noImageIsInTwoSplits() throws {
        try withFolder { folder in
            try ShapesDataset(train: 12, val: 12, unlabeled: 12, imageSize: 64, seed: 3).write(to: folder)
            let images = try files(folder).filter { $0.key.hasSuffix(".jpg") }
            #expect(images.count == 36 && Set(images.values).count == 36)
        }
    }

    @Test func aWholeDatasetIsLeftAlone() throws {
        let shapes = ShapesDataset(train: 2, val: 1, unlabeled: 0, imageSize: 64, seed: 1)
        try withFolder { folder in
            try shapes.write(to: folder)
            // A file that writing again would bring back.
            try FileManager.default.removeItem(atPath: "\(folder)/train/000001.jpg")
            try shapes.write(to: "\(folder)/")
            #expect(try files(folder)["train/000001.jpg"] == nil)
        }
    }

    @Test func whatAnInterruptedRunLeftIsNotMixedIn() throws {
        let shapes = ShapesDataset(train: 1, val: 1, unlabeled: 1, imageSize: 64, seed: 1)
        try withFolder { folder in
            let left = "\(folder).partial/unlabeled"
            try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
            try AtomicFile.write("of another run", to: "\(left)/000009.jpg")
            try shapes.write(to: folder)
            #expect(try files(folder).keys.count { $0.hasSuffix(".jpg") } == 3)
            #expect(!FileManager.default.fileExists(atPath: "\(folder).partial"))
        }
    }

    @Test func otherContentsAreRefused() throws {
        let shapes = ShapesDataset(train: 1, val: 0, unlabeled: 0, imageSize: 64, seed: 1)
        let other = ShapesDataset(train: 1, val: 0, unlabeled: 0, imageSize: 64, seed: 2)
        try withFolder { folder in
            try shapes.write(to: folder)
            let before = try files(folder)
            #expect(throws: UserError.self) { try other.write(to: folder) }
            #expect(try files(folder) == before)
        }
        try withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try AtomicFile.write("mine", to: "\(folder)/notes.txt")
            #expect(throws: UserError.self) { try shapes.write(to: folder) }
            #expect(try files(folder).keys.sorted() == ["notes.txt"])
        }
    }
}
