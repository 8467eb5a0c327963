import Foundation
import Support

extension ReportSection {
    /// What others published of the very protocol that the runs were fine-tuned by, beside what was measured here. Nil where it is
    /// none of those, as with every other dataset.
    static func published(_ report: Report) -> ReportSection? {
        guard let known = PublishedProtocol(report.rows.flatMap(\.runs)) else { return nil }
        func number(_ value: Double) -> ReportTable.Cell { .init(text: String(format: "%.1f", value), value: value / 100) }
        let here = report.rows.map { row -> (name: String, cells: [ReportTable.Cell]) in
            let numbers = ["bbox", "segm"].map { ReportTable.Cell(row.estimate("AP", $0)) }
            return (row.title, [.empty] + numbers + [.init(text: "measured here")])
        }
        let others = known.figures.map { figure -> (name: String, cells: [ReportTable.Cell]) in
            let epochs = figure.epochs.map { ReportTable.Cell(text: "\($0)", value: Double($0)) } ?? .empty
            return (
                figure.method,
                [epochs, number(figure.box), number(figure.mask), .init(text: figure.source.title, url: figure.source.url)]
            )
        }
        let table = ReportTable(title: known.title, header: ["method", "epochs", "box AP", "mask AP", "source"], lines: here + others)
        return ReportSection(
            id: "published", label: "Published", title: "Published by others, for context", isApart: true,
            blocks: [.tables([table]), .remark(([PublishedFigure.caution] + [known.claim].compactMap(\.self)).joined(separator: " "))],
            json: [
                (
                    "published",
                    .array(
                        known.figures.map { figure in
                            [
                                "method": .string(figure.method), "epochs": figure.epochs.map(JSON.int) ?? .null,
                                "box": .double(figure.box / 100), "mask": .double(figure.mask / 100), "protocol": .string(known.title),
                                "source": .string(figure.source.title), "url": .string(figure.source.url),
                            ]
                        })
                )
            ])
    }
}
