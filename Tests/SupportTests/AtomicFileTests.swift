import Foundation
import Support
import Testing

@Suite struct AtomicFileTests {
    @Test func aFailedWriteLeavesTheOldFile() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/a.txt"
        try AtomicFile.write("old", to: path)
        #expect(throws: UserError.self) {
            try AtomicFile.write(to: path) { file in
                try file.append("new")
                throw UserError("stop")
            }
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.txt"])
    }

    @Test func aFullDiskIsOneLine() {
        #expect {
            try AtomicFile.write("x", to: "/nowhere/at/all.txt")
        } throws: { "\($0)" == "/nowhere/at/all.txt: cannot be written: No such file or directory; make the folder first" }
    }
}
