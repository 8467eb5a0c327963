import Runs

extension ReportSection {
    /// Losses, and what was measured of the backbones, while they were trained. Nil where no log has any.
    static func training(_ report: Report) -> ReportSection? {
        func charts(_ stage: RunStage, _ runs: (Report.Row) -> [RunRecord], _ values: [(name: String, title: String)]) -> [Chart] {
            values.map { name, title in
                Chart(
                    title: "\(stage.title.capitalisedFirst), \(title)", xTitle: "iteration",
                    series: report.rows.map { row in
                        Chart.Series(name: row.method, points: MetricsCurves.mean(name, of: runs(row).compactMap(\.metrics)))
                    })
            }
        }
        let measured = [
            ("mean_pairwise_cosine", "region cosine"), ("effective_rank", "effective rank"), ("knn_accuracy", "k-NN accuracy"),
        ]
        let sheet = ChartSheet(
            charts(.pretrain, \.pretraining, report.losses(.pretrain) + measured) + charts(.finetune, \.runs, report.losses(.finetune)),
            lines: report.rows.map(\.method),
            caption: report.hasSeeds ? "Lines: means over seeds; bands: from the least seed to the greatest." : nil)
        return sheet.map { ReportSection(id: "training", label: "Training", title: "Training", blocks: [.charts($0)]) }
    }
}

extension String {
    /// With a capital: "Fine-tuning".
    fileprivate var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
