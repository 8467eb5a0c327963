/// Lines of columns as wide as their widest entry; words to the left, numbers to the right.
///
/// - Parameter words: the places of the columns that hold words.
public func aligned(_ rows: [[String]], words: Set<Int> = [1]) -> [String] {
    let widths = rows.reduce(into: [Int]()) { widths, row in
        widths = row.enumerated().map { max($1.count, $0 < widths.count ? widths[$0] : 0) }
    }
    return rows.map { row in
        let line = row.enumerated().map { i, cell in
            let space = String(repeating: " ", count: widths[i] - cell.count)
            return words.contains(i) ? cell + space : space + cell
        }.joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
    }
}
