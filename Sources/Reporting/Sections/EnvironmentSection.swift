import Support

extension ReportSection {
    /// What the runs were made with, and how they are made again.
    static func environment(_ report: Report) -> ReportSection? {
        let facts = facts(of: report.rows.flatMap(\.all))
        let table = SettingsTable(
            title: nil, columns: ("what", "which"),
            lines: facts.map { .init(name: $0.name, value: $0.values.joined(separator: "; "), differs: $0.values.count > 1) })
        let recipe = report.reproduction.recipe.map { [Block.file(name: $0.name, text: $0.text)] } ?? []
        return ReportSection(
            id: "environment", label: "Environment", title: "Environment, and how to make it again",
            blocks: (facts.isEmpty ? [] : [.settings(table)]) + [.commands(report.reproduction.commands)] + recipe,
            json: [
                ("environment", .object(facts.map { ($0.name, .array($0.values.map(JSON.string))) })),
                ("commands", .array(report.reproduction.commands.map(JSON.string))),
            ])
    }

    /// Several values where the runs were not made alike.
    private static func facts(of runs: [RunRecord]) -> [(name: String, values: [String])] {
        var facts: [(name: String, values: [String])] = []
        for (name, value) in runs.flatMap(\.file.environment) {
            if let i = facts.firstIndex(where: { $0.name == name }) {
                if !facts[i].values.contains(value) { facts[i].values.append(value) }
            } else {
                facts.append((name, [value]))
            }
        }
        return facts
    }
}
