extension Report {
    /// Every number, a line each: of a method over its seeds, of each run, and by category.
    func csv(_ sections: [ReportSection]) -> String {
        func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        let head = ["method", "seed", "type", "number", "category", "value", "half_width_95", "seeds"]
        let all = sections.flatMap(\.measurements)
        // A method's numbers of boxes stand together, and those of masks, whichever section they are of.
        let lines = rows.flatMap { row in
            types.flatMap { type in all.filter { $0.method == row.method && $0.type == type.rawValue } }
        }.map { line in
            [
                line.method, line.seed.map(String.init) ?? "", line.type, line.name, line.category, number(line.value),
                number(line.halfWidth), "\(line.seeds)",
            ]
        }
        return ([head] + lines).map { $0.map(CSV.escaped).joined(separator: ",") + "\r\n" }.joined()
    }
}
