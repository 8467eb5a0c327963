import CTorchAPI
import Support

/// What a message of the table says that a user can mend: a process that is gone, or memory that ran out. nil for anything else,
/// which is a fault of the program's.
///
/// - Parameter place: what was being done.
func userError(_ message: String, in place: String) -> UserError? {
    if let line = line(of: message, after: EDIY_LOST) {
        return UserError(line, remedy: "see what it said last, and start all processes again with --resume")
    }
    if let line = line(of: message, after: EDIY_NO_MEMORY) {
        return UserError("not enough memory in \(place): \(line)", remedy: "use a smaller batch or smaller images")
    }
    return nil
}

/// The rest of the line in which `mark` stands.
private func line(of message: String, after mark: String) -> String? {
    message.range(of: mark).map { start in
        message[start.upperBound...].split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    }
}
