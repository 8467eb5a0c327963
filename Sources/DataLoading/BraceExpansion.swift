import Foundation
import Support

/// The names that a pattern stands for, as shells expand it: `{a,b}` is each of some words, `{000..146}` each number of a
/// range, with as many digits as its first bound where that begins with a 0.
///
/// - Throws: `UserError` when a brace has no end or no words, or when there are more than 1,000,000 names.
func expandBraces(_ pattern: String) throws -> [String] {
    guard let open = pattern.firstIndex(of: "{") else { return [pattern] }
    guard let close = pattern[open...].firstIndex(of: "}") else {
        throw UserError("has a { without its }", file: pattern, remedy: "write shard-{000..146}.tar")
    }
    let words = try alternatives(pattern[pattern.index(after: open)..<close], of: pattern)
    let rest = try expandBraces(String(pattern[pattern.index(after: close)...]))
    guard words.count <= 1_000_000 / rest.count else { throw tooMany(pattern) }
    return words.flatMap { word in rest.map { pattern[..<open] + word + $0 } }
}

private func alternatives(_ inside: Substring, of pattern: String) throws -> [String] {
    let words = inside.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    if words.count > 1 { return words }
    let bounds = inside.components(separatedBy: "..")
    guard bounds.count == 2, let first = Int(bounds[0]), let last = Int(bounds[1]), first >= 0, last >= first else {
        throw UserError("{\(inside)} is neither words nor a rising range of numbers", file: pattern, remedy: "write {000..146}")
    }
    guard last - first < 1_000_000 else { throw tooMany(pattern) }
    let digits = bounds[0].hasPrefix("0") ? bounds[0].count : 1
    return (first...last).map { number in
        let text = String(number)
        return String(repeating: "0", count: max(digits - text.count, 0)) + text
    }
}

private func tooMany(_ pattern: String) -> UserError {
    UserError("stands for more than 1,000,000 files", file: pattern, remedy: "check the ranges")
}
