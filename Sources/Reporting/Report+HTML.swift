import COCO
import Foundation
import Mustache
import Support

extension Report {
    /// The page: one file with everything inside, in the template of `page`.
    ///
    /// - Throws: when the template does not parse, which tests rule out.
    func html() throws -> String {
        let template = try MustacheTemplate(string: Self.page)
        func figures(_ charts: [Chart]) -> [[String: String]] {
            charts.map { ["title": $0.title, "svg": $0.svg] }.filter { $0["svg"] != "" }
        }
        let precision = figures(precisionCharts), training = figures(trainingCharts)
        let sizes = [ReportTable.sizes(self)].compactMap(\.self), regions = [ReportTable.regions(self)].compactMap(\.self)
        let errors = types.compactMap { ReportTable.errors(self, $0) }
        let categories = types.compactMap { CategoryTable(self, $0) }
        let gallery = detections.gallery
        func tables(_ tables: [ReportTable]) -> [[String: Any]] { tables.map(Self.context) }
        let context: [String: Any] = [
            "style": Self.style, "script": Self.script, "headline": headline,
            "grounds": grounds.map { ["title": $0.title, "text": $0.text] }, "hasGrounds": !grounds.isEmpty,
            "gain": GainChart(self)?.svg ?? "", "setting": setting, "notes": notes, "hasNotes": !notes.isEmpty,
            "tables": tables(ReportTable.methods(self)), "legend": legend,
            "sizes": tables(sizes), "hasSizes": !sizes.isEmpty,
            "regions": tables(regions), "hasRegions": !regions.isEmpty, "regionLegend": Self.regionLegend,
            "maps": regionMaps.images.enumerated().map(Self.context), "hasMaps": !regionMaps.images.isEmpty,
            "scale": SimilarityColor.scale.joined(separator: ","),
            "errors": tables(errors), "hasErrors": !errors.isEmpty, "errorLegend": Self.errorLegend,
            "categories": tables(categories.map(\.table)), "hasCategories": !categories.isEmpty,
            "remarks": categories.map(\.remark).filter { !$0.isEmpty },
            "precision": precision, "hasPrecision": !precision.isEmpty, "training": training, "hasTraining": !training.isEmpty,
            "band": hasSeeds, "keys": rows.enumerated().map { ["style": Chart.style($0), "method": $1.method] },
            "gallery": gallery.map { image in
                [
                    "file": image.fileName, "reason": image.reason,
                    "panels": image.panels.map { ["title": $0.title, "data": Data($0.panel.jpeg).base64EncodedString()] },
                ] as [String: Any]
            },
            "hasGallery": !gallery.isEmpty, "score": "\(Panel.drawnScore)",
            "stages": stageProtocols, "hasStages": !stageProtocols.isEmpty,
            "differences": differences.map { ["stage": $0.stage, "name": $0.name, "values": $0.values.joined(separator: ", ")] },
            "hasDifferences": !differences.isEmpty,
            "published": Published.all.map { entry in
                [
                    "method": entry.method, "box": entry.box, "mask": entry.mask, "setting": entry.setting, "source": entry.source,
                    "url": entry.url,
                ]
            },
            "environment": environment, "hasEnvironment": !environment.isEmpty,
            "commands": reproduction.commands.joined(separator: "\n"),
            "recipes": reproduction.recipe.map { [["name": $0.name, "text": $0.text]] } ?? [],
        ]
        return template.render(context)
    }

    private static func context(_ table: ReportTable) -> [String: Any] {
        [
            "title": table.title, "header": table.header,
            "long": table.lines.count > 25 ? " long" : "",
            "lines": table.lines.map { line in
                [
                    "name": line.name, "cells": line.cells.map { ["text": $0.text, "value": $0.value.map { "\($0)" } ?? ""] },
                ] as [String: Any]
            },
        ]
    }

    private static func context(_ place: Int, _ image: RegionMaps.Sheet) -> [String: Any] {
        let id = "map\(place)"
        let plain = ["title": "the image", "svg": image.svg(title: image.fileName, imageID: id)]
        let maps = image.maps.map { method, map in
            let title = "\(method), mean \(String(format: "%.2f", map.mean))"
            return ["title": title, "svg": image.svg(map, title: "\(image.fileName): \(title)", imageID: id)]
        }
        return [
            "id": id, "file": image.fileName, "width": "\(image.width)", "height": "\(image.height)",
            "data": Data(image.jpeg).base64EncodedString(), "panels": [plain] + maps,
        ]
    }

    /// What was compared: datasets, images and seeds.
    private var setting: String {
        var datasets: [String] = []
        for run in rows.flatMap(\.runs) where !run.dataset.isEmpty && !datasets.contains(run.dataset) { datasets.append(run.dataset) }
        let seeds = rows.map { "\($0.method) \($0.runs.map { "\($0.seed)" }.joined(separator: ", "))" }.joined(separator: "; ")
        return [
            datasets.isEmpty ? nil : "Dataset: \(datasets.joined(separator: ", ")).",
            detections.imageCount.map { "\($0) validation images." }, "Seeds: \(seeds).", "AP is COCO's, in hundredths.",
        ].compactMap(\.self).joined(separator: " ")
    }

    // MARK: - Charts

    private var precisionCharts: [Chart] {
        types.flatMap { type -> [Chart] in
            let curves = rows.map { row in detections.curves.first { $0.method == row.method && $0.type == type } }
            func chart(_ title: String, _ value: (DetectionAnalysis.Curve) -> [[Double]]) -> Chart {
                Chart(
                    title: "\(type == .bbox ? "Boxes" : "Masks"), \(title)", xTitle: "recall",
                    series: zip(rows, curves).map { row, curve in
                        Chart.Series(name: row.method, meanOf: curve.map(value) ?? [])
                    }, span: 0...1)
            }
            return [chart("IoU 0.5", \.at50), chart("IoU 0.75", \.at75), chart("mean over IoU 0.5 to 0.95", \.mean)]
        }
    }

    private var trainingCharts: [Chart] {
        func chart(_ title: String, _ value: String, _ runs: (Row) -> [RunRecord]) -> Chart {
            Chart(
                title: title, xTitle: "iteration",
                series: rows.map { row in
                    Chart.Series(name: row.method, points: MetricsCurves.mean(value, of: runs(row).compactMap(\.metrics)))
                })
        }
        return [
            chart("Pretraining, BYOL's loss", "loss_byol") { $0.pretraining },
            chart("Pretraining, invariance", "loss_invariance") { $0.pretraining },
            chart("Pretraining, diversity", "loss_diversity") { $0.pretraining },
            chart("Pretraining, region cosine", "mean_pairwise_cosine") { $0.pretraining },
            chart("Pretraining, effective rank", "effective_rank") { $0.pretraining },
            chart("Pretraining, k-NN accuracy", "knn_accuracy") { $0.pretraining },
            chart("Fine-tuning, all losses", "loss") { $0.runs }, chart("Fine-tuning, classes", "loss_cls") { $0.runs },
            chart("Fine-tuning, boxes", "loss_box_reg") { $0.runs }, chart("Fine-tuning, masks", "loss_mask") { $0.runs },
        ]
    }

    // MARK: - Protocol and environment

    /// The settings of each stage, with those that differ marked.
    private var stageProtocols: [[String: Any]] {
        [("Pretraining", "pretrain", rows.flatMap(\.pretraining)), ("Fine-tuning", "finetune", rows.flatMap(\.runs))]
            .compactMap { title, stage, runs in
                guard let first = runs.first(where: \.hasProtocol) else { return nil }
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

    /// What the runs were made with; several values where they were not made alike.
    private var environment: [[String: String]] {
        var names: [String] = []
        var values: [String: [String]] = [:]
        for run in rows.flatMap({ $0.pretraining + $0.runs }) {
            for (name, value) in run.environment {
                if values[name] == nil { names.append(name) }
                if values[name]?.contains(value) != true { values[name, default: []].append(value) }
            }
        }
        return names.map { name in
            let list = values[name] ?? []
            return ["name": name, "value": list.joined(separator: "; "), "class": list.count > 1 ? "differs" : ""]
        }
    }
}
