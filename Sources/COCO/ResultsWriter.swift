import Support

/// Writes a results file detection by detection, whole or not at all.
public struct ResultsWriter {
    private let file: AtomicFile.Appender
    private let names: IDNames
    private let state = State()

    private final class State { var count = 0 }

    /// Calls `body` with a writer; when it returns, the file is in place.
    ///
    /// - Parameter names: how ids are written, the dataset's; as numbers without it.
    /// - Throws: `UserError` when the file cannot be written; what `body` throws.
    public static func write(to path: String, names: IDNames = IDNames(), _ body: (ResultsWriter) throws -> Void) throws {
        try AtomicFile.write(to: path) { file in
            let writer = ResultsWriter(file: file, names: names)
            try file.append("[")
            try body(writer)
            try file.append("\n]\n")
        }
    }

    /// Writes one detection behind the others.
    ///
    /// - Throws: `UserError` when the file cannot be written.
    public func append(_ detection: Detection) throws { try append(text: Self.text(of: detection, names: names)) }

    /// A detection as `text(of:)` gives it.
    ///
    /// - Throws: `UserError` when the file cannot be written.
    public func append(text: some StringProtocol) throws {
        try file.append(state.count == 0 ? "\n" : ",\n")
        try file.append(text.utf8)
        state.count += 1
    }

    /// A detection as the file has it: JSON, on one line.
    public static func text(of detection: Detection, names: IDNames = IDNames()) -> String {
        var members: [(key: String, value: JSON)] = [
            ("image_id", names.json(detection.imageID)), ("category_id", names.json(detection.categoryID)),
        ]
        if let box = detection.box {
            members.append(("bbox", .array([box.x, box.y, box.width, box.height].map(JSON.double))))
        }
        members.append(("score", .double(detection.score)))
        if let mask = detection.mask {
            members.append(
                ("segmentation", ["size": [.int(mask.height), .int(mask.width)], "counts": .string(mask.compressed)]))
        }
        return JSON.object(members).text()
    }
}
