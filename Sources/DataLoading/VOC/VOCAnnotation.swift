import Foundation
import Support

#if canImport(FoundationXML)
import FoundationXML
#endif

/// What Pascal VOC's XML file says of one image. Of objects their boxes; not the parts of people, nor poses.
struct VOCAnnotation: Sendable {
    struct Object: Sendable {
        var name = ""
        /// Whether it need not be found.
        var isDifficult = false
        /// First and last pixels, counted from 1: xmin, ymin, xmax, ymax.
        var corners = [Double](repeating: .nan, count: 4)
    }

    private(set) var width = 0
    private(set) var height = 0
    private(set) var objects: [Object] = []

    /// - Throws: `UserError` for what is no XML, or naming the object that has no box or no name.
    init(reading path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UserError("cannot be read", file: path, remedy: "check that the archive was unpacked whole")
        }
        guard data.count <= 4 << 20 else { throw UserError("is too large for an annotation", file: path) }
        let parser = XMLParser(data: data), reader = Reader()
        parser.delegate = reader
        // The parser's answer is true for some files that end too early.
        guard parser.parse(), !reader.isBroken, reader.path.isEmpty else {
            throw UserError("is no well-formed XML", file: path, remedy: "unpack the archive again")
        }
        (width, height, objects) = (reader.width, reader.height, reader.objects)
        guard (1...1 << 20).contains(width), (1...1 << 20).contains(height) else {
            throw UserError("gives no size of the image", file: path)
        }
        for (i, object) in objects.enumerated() {
            guard object.corners.allSatisfy(\.isFinite), object.corners[0] <= object.corners[2], object.corners[1] <= object.corners[3]
            else { throw UserError("has no box, or one turned inside out", file: path, at: "object \(i + 1)") }
        }
    }

    /// Takes what is asked for by the path of its elements, so that a part's name is not taken for its object's.
    private final class Reader: NSObject, XMLParserDelegate {
        var width = 0, height = 0
        var objects: [Object] = []
        /// The open elements.
        var path: [String] = []
        var isBroken = false
        private var text = ""

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            path.append(name)
            text = ""
            // The root is not counted: `annotation`.
            if path.dropFirst() == ["object"] { objects.append(Object()) }
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

        func parser(_ parser: XMLParser, parseErrorOccurred parseError: any Error) { isBroken = true }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            let value = text.trimmingCharacters(in: .whitespacesAndNewlines)
            let inner = path.dropFirst().joined(separator: "/")
            switch inner {
            case "size/width": width = Int(value) ?? 0
            case "size/height": height = Int(value) ?? 0
            case "object/name": objects[objects.count - 1].name = value
            case "object/difficult": objects[objects.count - 1].isDifficult = value == "1"
            default:
                let sides = ["xmin", "ymin", "xmax", "ymax"].map { "object/bndbox/\($0)" }
                // Some of 2011's corners are fractions.
                if let side = sides.firstIndex(of: inner) { objects[objects.count - 1].corners[side] = Double(value) ?? .nan }
            }
            isBroken = isBroken || path.popLast() != name
            text = ""
        }
    }
}
