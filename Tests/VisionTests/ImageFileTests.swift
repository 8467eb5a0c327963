import Foundation
import Support
import TestSupport
import Testing
import Vision

@Suite struct ImageFileTests {
    @Test(arguments: [
        ("RIFF\0\0\0\0WEBPVP8 ", "WebP"), ("GIF89a", "GIF"), ("BM6", "BMP"), ("II*\0", "TIFF"), ("\0\0\0 ftypheic", "HEIC"),
        ("version https://git-lfs.github.com/spec/v1", "git lfs pull"), ("<!DOCTYPE html>", "XML"), ("", "empty"),
        ("\0\u{5}\u{16}\u{7}", "macOS"),
    ])
    func otherFilesAreNamed(_ text: String, _ word: String) {
        #expect { try ImageFile(Array(text.utf8), file: "a.jpg") } throws: {
            "\($0)".hasPrefix("a.jpg: is no JPEG or PNG image but ") && "\($0)".contains(word)
        }
    }

    @Test func aFolderIsNamed() {
        #expect { try ImageFile.read("/tmp") } throws: { "\($0)".contains("is a folder") }
        #expect { try ImageFile.header(of: "/nowhere.png") } throws: { "\($0)".contains("cannot be read") }
    }

    /// Pillow takes every CMYK file to be written as Adobe writes it, with its marker or without.
    @Test func inkWithoutAdobesMarkerIsTheSame() throws {
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: fixture("cmyk.jpg"))))
        let marker = try #require(whole.indices.first { whole[$0] == 0xFF && whole[$0 + 1] == 0xEE })
        let length = Int(whole[marker + 2]) << 8 | Int(whole[marker + 3])
        let bare = Array(whole[..<marker] + whole[(marker + 2 + length)...])
        #expect(try ImageFile(bare).decoded() == ImageFile(whole).decoded())
    }
}
