import Foundation
import Support

/// An image file in memory whose header has been read, JPEG or PNG by what is in it, whatever it is called: its size is known
/// before a pixel is decoded.
public struct ImageFile: Sendable {
    private enum Format: Sendable {
        case jpeg(JPEGFile)
        case png(PNGFile)
    }

    private let format: Format

    /// Images with more pixels than this are refused before memory is taken for them.
    public static let maximumPixels = 1 << 27

    /// - Parameter file: what errors name.
    /// - Throws: `UserError` that says what the file is where it is neither, or with the decoder's reason.
    public init(_ bytes: [UInt8], file: String? = nil) throws {
        if bytes.starts(with: PNGFile.signature) {
            format = .png(try PNGFile(bytes, file: file))
        } else if let other = OtherFormat(bytes) {
            throw UserError("is no JPEG or PNG image but \(other.name)", file: file, remedy: other.remedy)
        } else {
            format = .jpeg(try JPEGFile(bytes, file: file))
        }
    }

    /// - Throws: `UserError` naming the file, also when it cannot be read.
    public init(reading path: String) throws {
        try self.init(try Self.bytes(path), file: path)
    }

    /// The upright image's.
    public var width: Int {
        switch format {
        case .jpeg(let file): file.width
        case .png(let file): file.width
        }
    }

    /// The upright image's.
    public var height: Int {
        switch format {
        case .jpeg(let file): file.height
        case .png(let file): file.height
        }
    }

    /// Whether EXIF says that what is stored is to be turned by a quarter, so that width and height are swapped.
    public var isTurned: Bool {
        switch format {
        case .jpeg(let file): file.orientation.swapsSides
        case .png(let file): file.orientation.swapsSides
        }
    }

    /// The whole image as RGB, upright.
    ///
    /// - Throws: `UserError` with the decoder's reason, for files that are cut short or damaged too.
    public func decoded() throws -> Image {
        switch format {
        case .jpeg(let file): try file.decoded()
        case .png(let file): try file.decoded()
        }
    }

    /// A rectangle of the upright image and whatever comes with it at no cost, shrunk to some eighths of its size where the format
    /// saves work by it: JPEG does, and PNG is decoded whole.
    ///
    /// - Parameter eighths: 1, 2, 4 or 8.
    /// - Throws: `UserError` with the decoder's reason.
    public func decoded(_ box: CropBox, eighths: Int) throws -> ImagePart {
        switch format {
        case .jpeg(let file): try file.decoded(box, eighths: eighths)
        case .png(let file): ImagePart(image: try file.decoded(), x: 0, y: 0, eighths: 8)
        }
    }

    /// Whether a file that begins with these bytes is JPEG or PNG.
    public static func isBegun(by bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0xFF, 0xD8, 0xFF]) || bytes.starts(with: PNGFile.signature)
    }

    /// The image in a file as RGB, upright.
    ///
    /// - Throws: `UserError` naming the file and the reason, for files that are cut short or damaged too.
    public static func read(_ path: String) throws -> Image { try ImageFile(reading: path).decoded() }

    /// The file, of which no more is read than its header takes.
    ///
    /// - Throws: `UserError` naming the file and the reason.
    public static func header(of path: String) throws -> ImageFile {
        let handle = FileHandle(forReadingAtPath: path)
        defer { try? handle?.close() }
        // A PNG's orientation may stand behind its pixels; thumbnails and colour profiles can make a header longer than this.
        if let first = try? handle?.read(upToCount: 1 << 16), !first.starts(with: PNGFile.signature),
            let header = try? ImageFile(Array(first), file: path)
        {
            return header
        }
        return try ImageFile(reading: path)
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            throw isFolder.boolValue
                ? UserError("is a folder, not an image", file: path, remedy: "name the image files in it") : unreadable(path)
        }
        guard let data = FileManager.default.contents(atPath: path) else { throw unreadable(path) }
        return Array(data)
    }

    private static func unreadable(_ path: String) -> UserError {
        UserError("cannot be read", file: path, remedy: "check the path and the permissions")
    }

    static func checkSize(_ width: Int, _ height: Int, _ file: String?) throws {
        let (pixels, overflows) = width.multipliedReportingOverflow(by: height)
        guard !overflows, pixels <= maximumPixels else {
            throw UserError("is \(width)×\(height), more than \(maximumPixels) pixels", file: file, remedy: "shrink it first")
        }
    }
}

/// What a file is that is no JPEG and no PNG, by its first bytes.
private struct OtherFormat {
    let name: String
    let remedy: String

    init?(_ bytes: [UInt8]) {
        func begins(_ text: String, at place: Int = 0) -> Bool { bytes.dropFirst(place).starts(with: text.utf8) }
        let convert = "convert it to JPEG or PNG"
        if bytes.isEmpty {
            (name, remedy) = ("empty", "write it again, or take it out of the dataset")
        } else if begins("RIFF"), begins("WEBP", at: 8) {
            (name, remedy) = ("WebP", convert)
        } else if begins("GIF8") {
            (name, remedy) = ("GIF", convert)
        } else if begins("BM") {
            (name, remedy) = ("BMP", convert)
        } else if begins("II*\0") || begins("MM\0*") {
            (name, remedy) = ("TIFF", convert)
        } else if begins("ftyp", at: 4) {
            (name, remedy) = ("HEIC, AVIF or a film", convert)
        } else if begins("version https://git-lfs") {
            (name, remedy) = ("a Git LFS pointer", "fetch the files it stands for: git lfs pull")
        } else if bytes.starts(with: [0, 5, 0x16, 7]) {
            (name, remedy) = ("what macOS writes beside a file", "delete the files whose names begin with ._")
        } else if bytes.starts(with: [0x1F, 0x8B]) {
            (name, remedy) = ("packed by gzip", "unpack it first, with gunzip")
        } else if begins("<") {
            (name, remedy) = ("a page or a drawing in XML", "fetch the image again, or convert it to JPEG or PNG")
        } else {
            return nil
        }
    }
}
