/// The word that takes the fewest edits, if it is near enough to be what was meant.
public func nearest(to word: String, among words: [String]) -> String? {
    let scored = words.map { (word: $0, distance: editDistance(Array(word), Array($0))) }
    guard let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= max(2, word.count / 3) else {
        return nil
    }
    return best.word
}

/// Levenshtein's distance: insertions, deletions and replacements.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let replaced = diagonal + (x == y ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = Swift.min(replaced, diagonal + 1, row[j] + 1)
        }
    }
    return row[b.count]
}
