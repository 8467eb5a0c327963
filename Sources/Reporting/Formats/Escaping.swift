import Foundation

/// Text made safe for a format, so that a method may be called anything.
enum HTML {
    static func escaped(_ text: String) -> String {
        replaced(text) {
            switch $0 {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case "'": "&#39;"
            default: nil
            }
        }
    }
}

enum Markdown {
    static func escaped(_ text: String) -> String {
        replaced(text) {
            switch $0 {
            case "<": "&lt;"
            case "&": "&amp;"
            case "|", "\\", "`", "*", "_", "[", "]", "#", "~": "\\\($0)"
            case "\n", "\r", "\r\n": " "
            default: nil
            }
        }
    }
}

extension Markdown {
    /// As it is, between fences that it does not hold.
    static func fenced(_ text: String) -> String {
        let longest = text.split { $0 != "`" }.map(\.count).max() ?? 0
        let fence = String(repeating: "`", count: max(longest + 1, 3))
        return "\(fence)\n\(text)\n\(fence)"
    }
}

enum TeX {
    static func escaped(_ text: String) -> String {
        replaced(text) {
            switch $0 {
            case "\\": "\\textbackslash{}"
            case "~": "\\textasciitilde{}"
            case "^": "\\textasciicircum{}"
            case "&", "%", "$", "#", "_", "{", "}": "\\\($0)"
            case "±": "$\\pm$"
            case "−": "$-$"
            case "–": "--"
            case "→": "$\\to$"
            case "<": "\\textless{}"
            case ">": "\\textgreater{}"
            case "\n", "\r", "\r\n": " "
            default: nil
            }
        }
    }
}

enum CSV {
    /// A field as RFC 4180 has it. What a spreadsheet would take for a formula is made text by an apostrophe before it, as OWASP
    /// advises.
    static func escaped(_ text: String) -> String {
        let isFormula = text.first.map { "=+-@\t\r".contains($0) } ?? false
        let text = isFormula && Double(text) == nil ? "'\(text)" : text
        guard text.contains(where: { ",\"\n\r\r\n".contains($0) }) else { return text }
        return "\"\(text.replacingOccurrences(of: "\"", with: "\"\""))\""
    }
}

private func replaced(_ text: String, _ replacement: (Character) -> String?) -> String {
    text.reduce(into: "") { out, character in
        if let other = replacement(character) { out += other } else { out.append(character) }
    }
}
