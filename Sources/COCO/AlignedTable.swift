/// Lines of columns as wide as their widest entry; words to the left, numbers to the right.
func aligned(_ rows: [[String]]) -> [String] {
    let widths = rows.reduce(into: [Int]()) { widths, row in
        widths = row.enumerated().map { max($1.count, $0 < widths.count ? widths[$0] : 0) }
    }
    return rows.map { row in
        row.enumerated().map { i, cell in
            let space = String(repeating: " ", count: widths[i] - cell.count)
            return i == 1 ? cell + space : space + cell
        }.joined(separator: "  ")
    }
}
