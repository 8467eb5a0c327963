import Runs
import Support

extension ReportSection {
    /// The settings of each stage, and in what the compared runs differ besides their methods.
    static func protocols(_ report: Report) -> ReportSection? {
        let stages: [(RunStage, String, [RunRecord])] = [
            (.pretrain, "Pretraining", report.rows.flatMap(\.pretraining)), (.finetune, "Fine-tuning", report.rows.flatMap(\.runs)),
        ]
        let tables = stages.compactMap { stage, title, runs -> SettingsTable? in
            guard let first = runs.first(where: \.hasProtocol) else { return nil }
            let lines = first.settings.map { setting in
                let difference = report.differences.first { $0.stage == stage && $0.name == setting.name }
                return SettingsTable.Line(
                    name: setting.name, value: difference?.values.joined(separator: "; ") ?? setting.value, differs: difference != nil)
            }
            return SettingsTable(title: title, columns: ("setting", "value"), lines: lines, isLong: true)
        }
        let first: Block =
            if !report.differences.isEmpty {
                .warning(
                    "The compared runs differ in more than the method:",
                    report.differences.map { "\($0.stage): \($0.name): \($0.values.joined(separator: ", "))" })
            } else {
                .remark(tables.isEmpty ? "Results files say nothing of it." : "The compared runs share all of it.")
            }
        return ReportSection(
            id: "protocol", label: "Protocol", title: "Protocol", blocks: [first] + tables.map(Block.settings),
            json: [
                (
                    "differences",
                    .array(
                        report.differences.map {
                            [
                                "stage": .string($0.stage.rawValue), "name": .string($0.name), "values": .array($0.values.map(JSON.string)),
                            ]
                        })
                )
            ])
    }
}
