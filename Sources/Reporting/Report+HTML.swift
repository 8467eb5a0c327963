import Foundation
import Mustache
import Support

extension Report {
    /// The page: one file with everything inside, in the template of `page`.
    ///
    /// - Throws: when the template does not parse, which tests rule out.
    func html() throws -> String {
        let template = try MustacheTemplate(string: Self.page)
        let context: [String: Any] = [
            "finding": finding,
            "tables": ReportTable.all(of: self).map { table in
                [
                    "title": table.title, "header": table.header,
                    "lines": table.lines.map { ["method": $0[0], "cells": Array($0.dropFirst())] },
                ] as [String: Any]
            },
            "seeds": rows.map { "\($0.method): \($0.runs.map { "\($0.seed)" }.joined(separator: ", "))" }.joined(separator: "; "),
            "notes": notes, "hasNotes": !notes.isEmpty,
            "charts": charts.filter { !$0.svg.isEmpty }.map { ["title": $0.title, "svg": $0.svg] },
            "legend": rows.enumerated().map { ["color": "c\($0 % 6)", "method": $1.method] },
            "gallery": gallery.map { image in
                [
                    "file": image.fileName,
                    "panels": image.panels.map {
                        ["title": $0.title, "data": Data($0.jpeg).base64EncodedString()]
                    },
                ] as [String: Any]
            },
            "hasGallery": !gallery.isEmpty, "score": "\(GalleryImage.drawnScore)",
            "stages": stageProtocols,
            "environment": (rows.first?.runs.first?.environment ?? []).map { ["name": $0.name, "value": $0.value] },
        ]
        return template.render(context)
    }

    private var charts: [Chart] {
        func chart(_ title: String, _ value: String, _ runs: (Row) -> [RunRecord]) -> Chart {
            Chart(
                title: title, xTitle: "iteration",
                series: rows.map { row in
                    Chart.Series(name: row.method, points: runs(row).first?.curve(value) ?? [])
                })
        }
        return [
            chart("Fine-tuning loss", "loss") { $0.runs }, chart("Fine-tuning, class loss", "loss_cls") { $0.runs },
            chart("Pretraining, BYOL's loss", "loss_byol") { $0.pretraining },
            chart("Pretraining, diversity", "loss_diversity") { $0.pretraining },
        ]
    }

    /// The settings of each stage, with those that differ marked.
    private var stageProtocols: [[String: Any]] {
        [("Pretraining", "pretrain", rows.flatMap(\.pretraining)), ("Fine-tuning", "finetune", rows.flatMap(\.runs))]
            .compactMap { title, stage, runs in
                guard let first = runs.first else { return nil }
                let settings = first.settings.map { setting -> [String: Any] in
                    let difference = differences.first { $0.stage == stage && $0.name == setting.name }
                    return [
                        "name": setting.name, "value": difference?.values.joined(separator: "; ") ?? setting.value,
                        "class": difference == nil ? "" : "differs",
                    ]
                }
                return ["title": title, "settings": settings]
            }
    }
}
