import Runs
import Support

extension ReportSection {
    /// How different the regions of an image are to the backbones, before fine-tuning. Nil where no run measured it.
    static func regions(_ report: Report) -> ReportSection? {
        guard report.rows.contains(where: { $0.regions(\.meanPairwiseCosine) != nil }) else { return nil }
        let table = ReportTable(
            title: "The backbones, before fine-tuning", of: report.rows,
            [
                ReportTable.Column("region cosine") { .init($0.regions(\.meanPairwiseCosine), digits: 3) },
                ReportTable.Column("effective rank") { .init($0.regions(\.effectiveRank), digits: 1) },
            ])
        let legend =
            "Region cosine: the mean cosine of two regions of one image, 1 when the backbone takes all for the same, the fault that"
            + " arXiv 2106.00537 finds in earlier pretraining. Effective rank: how many directions the region features fill."
        let maps = report.regionMaps.sheet.map { [Block.images($0)] } ?? []
        return ReportSection(
            id: "regions", label: "Regions", title: "How alike the regions of an image are",
            blocks: [.tables([table]), .remark(legend)] + maps,
            jsonOfMethod: Dictionary(
                report.rows.map { row in
                    (
                        row.method,
                        [
                            (
                                "regions",
                                [
                                    "mean_pairwise_cosine": row.regions(\.meanPairwiseCosine)?.json ?? .null,
                                    "effective_rank": row.regions(\.effectiveRank)?.json ?? .null,
                                ]
                            )
                        ]
                    )
                }
            ) { $1 })
    }
}
