/// Something a user can mend: a file, a recipe, a machine. Printed as one line, without a stack trace.
///
/// `ann.json: byte 812: expected a number; check that the file was written whole`
public struct UserError: Error, Equatable, Sendable, CustomStringConvertible {
    public let file: String?
    public let place: String?
    public let problem: String
    public let remedy: String?

    /// - Parameters:
    ///   - problem: what was wrong, without a full stop.
    ///   - file: the file it was found in.
    ///   - place: where in the file: `line 3`, `byte 812`, `annotation 17`.
    ///   - remedy: what to do, where that is known.
    public init(_ problem: String, file: String? = nil, at place: String? = nil, remedy: String? = nil) {
        self.problem = problem
        self.file = file
        self.place = place
        self.remedy = remedy
    }

    public var description: String {
        let found = ([file, place, problem].compactMap { $0 }).joined(separator: ": ")
        let line = remedy.map { "\(found); \($0)" } ?? found
        return line.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
