import Support

extension DatasetCheck {
    /// For people: what the file holds by category and size, then what was found.
    public var text: String {
        let rows = zip(categories, perCategory).map { row("\($0.writtenID)", $0.name, $1) } + [row("", "all", total)]
        let header = ["id", "category", "objects", "small", "medium", "large", "crowds", "images"]
        let table = aligned([header] + rows)
        let notes = findings.flatMap { finding in
            let shown = finding.examples.prefix(Self.shownExamples)
            let more = finding.count > shown.count ? ["  … \(finding.count - shown.count) more"] : []
            return ["\(finding.kind.isProblem ? "problem" : "note"): \(finding.kind.title): \(finding.count)"]
                + shown.map { "  \($0)" } + more
        }
        let kinds = findings.count { $0.kind.isProblem }
        let verdict = isClean ? "no problems found" : "\(kinds) \(kinds == 1 ? "kind" : "kinds") of problem found"
        return (["\(images) images, \(categories.count) categories", ""] + table + [""] + notes + [verdict])
            .joined(separator: "\n")
    }

    /// For programs.
    public var json: JSON {
        .object([
            ("clean", .bool(isClean)), ("images", .int(images)),
            (
                "categories",
                .array(
                    zip(categories, perCategory).map { category, counts in
                        .object([("id", .int(category.id)), ("name", .string(category.name))] + members(counts))
                    })
            ),
            ("total", .object(members(total))),
            (
                "findings",
                .array(
                    findings.map { finding in
                        [
                            "kind": .string(finding.kind.rawValue), "problem": .bool(finding.kind.isProblem),
                            "count": .int(finding.count), "examples": .array(finding.examples.map(JSON.string)),
                        ]
                    })
            ),
        ])
    }

    private func members(_ c: Counts) -> [(key: String, value: JSON)] {
        [
            ("objects", .int(c.objects)), ("small", .int(c.small)), ("medium", .int(c.medium)), ("large", .int(c.large)),
            ("crowds", .int(c.crowds)), ("images", .int(c.images)),
        ]
    }

    private func row(_ id: String, _ name: String, _ c: Counts) -> [String] {
        [id, name] + [c.objects, c.small, c.medium, c.large, c.crowds, c.images].map { "\($0)" }
    }
}
