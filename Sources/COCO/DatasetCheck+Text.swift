import Support

extension DatasetCheck {
    /// For people: what the file holds by category and size, then what was found.
    public var text: String {
        let rows = zip(categories, perCategory).map { row("\($0.id)", $0.name, $1) } + [row("", "all", total)]
        let header = ["id", "category", "objects", "small", "medium", "large", "crowds", "images"]
        let table = aligned([header] + rows)
        let notes = findings.flatMap { finding in
            let more = finding.count > finding.examples.count ? ["  …"] : []
            return ["\(finding.kind.isProblem ? "problem" : "note"): \(finding.kind.title): \(finding.count)"]
                + finding.examples.map { "  \($0)" } + more
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
            ("categories", .array(zip(categories, perCategory).map { category, counts in
                .object([("id", .int(category.id)), ("name", .string(category.name))] + members(counts))
            })),
            ("total", .object(members(total))),
            ("findings", .array(findings.map { finding in
                [
                    "kind": .string(finding.kind.rawValue), "problem": .bool(finding.kind.isProblem),
                    "count": .int(finding.count), "examples": .array(finding.examples.map(JSON.string)),
                ]
            })),
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

extension DatasetCheck.Kind {
    /// As a table names it.
    public var title: String {
        switch self {
        case .duplicateImage: "image ids that are there twice"
        case .duplicateCategory: "category ids that are there twice"
        case .duplicateAnnotation: "annotation ids that are there twice"
        case .unknownImage: "annotations to an unknown image"
        case .unknownCategory: "annotations of an unknown category"
        case .missingBox: "annotations without a box"
        case .missingArea: "annotations without an area"
        case .emptyBox: "empty boxes"
        case .boxOutsideImage: "boxes outside their image"
        case .shortPolygon: "polygons of under 6 numbers, or an odd number"
        case .brokenMask: "run lengths that do not fit their image"
        case .areaDisagrees: "areas that disagree with the mask"
        case .missingImage: "image files that are missing"
        case .unreadableImage: "image files that cannot be read"
        case .wrongSize: "image files of another size"
        case .emptyCategory: "categories without objects"
        }
    }
}
