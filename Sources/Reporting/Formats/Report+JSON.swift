import Support

extension Report {
    /// For programs, as reports/SCHEMA.md describes it.
    public var json: JSON { json(sections) }

    func json(_ sections: [ReportSection]) -> JSON {
        let methods = rows.map { row -> JSON in
            let own: [(key: String, value: JSON)] = [
                ("method", .string(row.method)), ("title", .string(row.title)), ("seeds", .array(row.runs.map { .int($0.seed) })),
            ]
            return .object(own + sections.flatMap { $0.jsonOfMethod[row.method] ?? [] })
        }
        let whole: [(key: String, value: JSON)] = [
            ("schema", .int(Self.schema)), ("headline", .string(headline)),
            ("grounds", .array(grounds.map { ["title": .string($0.title), "text": .string($0.text)] })),
            ("baseline", .string(baseline.method)), ("candidate", candidate.map { .string($0.method) } ?? .null),
            ("methods", .array(methods)),
        ]
        return .object(whole + sections.flatMap(\.json) + [("notes", .array(notes.map(JSON.string)))])
    }
}

extension Estimate {
    /// As report.json has it.
    var json: JSON {
        ["mean": .double(mean), "half_width": halfWidth.map(JSON.double) ?? .null, "seeds": .int(count)]
    }
}
