import Foundation
import Mustache

extension Report {
    /// The page: one file with everything inside, in the template, style and script of `Page/`, which the build puts into the program.
    ///
    /// - Throws: when the template does not parse, which tests rule out.
    func html(_ sections: [ReportSection]) throws -> String {
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        let template = try MustacheTemplate(string: text(PackageResources.page_mustache))
        return template.render(
            [
                "style": text(PackageResources.style_css), "script": text(PackageResources.script_js), "headline": headline,
                "grounds": grounds.map { ["title": $0.title, "text": $0.text] }, "hasGrounds": !grounds.isEmpty,
                "gain": GainChart(self)?.svg ?? "", "setting": setting, "notes": notes, "hasNotes": !notes.isEmpty,
                "sections": sections.map(\.page),
            ] as [String: Any])
    }
}

/// A value as the template asks for it, by name; one that is nil is not there.
private typealias Page = [String: Any]

extension ReportSection {
    fileprivate var page: Page {
        ["id": id, "label": label, "heading": title, "apart": isApart, "blocks": blocks.map(\.page)]
    }
}

extension ReportSection.Block {
    fileprivate var page: Page {
        switch self {
        case .remark(let text): ["remark": text]
        case .warning(let text, let lines): ["warning": ["text": text, "lines": lines] as Page]
        case .tables(let tables): ["sheet": Self.sheet(tables, areDetails: false)]
        case .details(let tables): ["sheet": Self.sheet(tables, areDetails: true)]
        case .charts(let sheet): ["charts": sheet.page]
        case .images(let sheet): ["images": sheet.page]
        case .settings(let settings): ["settings": settings.page]
        case .commands(let commands): ["code": commands.joined(separator: "\n")]
        case .file(let name, let text): ["file": ["name": name, "text": text]]
        }
    }

    private static func sheet(_ tables: [ReportTable], areDetails: Bool) -> Page {
        ["tables": tables.map(\.page), "areDetails": areDetails, "remarks": tables.map(\.remark).filter { !$0.isEmpty }]
    }
}

extension ReportTable {
    fileprivate var page: Page {
        [
            "title": title, "header": header, "long": lines.count > 25 ? " long" : "",
            "lines": lines.map { line in
                [
                    "name": line.name,
                    "cells": line.cells.map { cell in
                        var page: Page = ["text": cell.text, "value": cell.value.map { "\($0)" } ?? ""]
                        if let url = cell.url { page["url"] = url }
                        return page
                    },
                ] as Page
            },
        ]
    }
}

extension ChartSheet {
    fileprivate var page: Page {
        var page: Page = [
            "keys": lines.enumerated().map { ["style": Chart.style($0), "name": $1] },
            "figures": charts.map { ["title": $0.title, "svg": $0.svg] },
        ]
        if let caption { page["caption"] = caption }
        return page
    }
}

extension ImageSheet {
    fileprivate var page: Page {
        var page: Page = ["intro": intro, "rows": rows.map(\.page)]
        if !scale.isEmpty { page["scale"] = scale.joined(separator: ",") }
        return page
    }
}

extension ImageSheet.Row {
    fileprivate var page: Page {
        var page: Page = [
            "title": title, "name": name,
            "panels": panels.map { title, content in
                switch content {
                case .jpeg(let bytes): ["title": title, "jpeg": Data(bytes).base64EncodedString()]
                case .svg(let svg): ["title": title, "svg": svg]
                }
            },
        ]
        if let shared {
            page["shared"] = [
                "imageID": shared.id, "width": "\(shared.width)", "height": "\(shared.height)",
                "data": Data(shared.jpeg).base64EncodedString(),
            ]
        }
        return page
    }
}

extension SettingsTable {
    fileprivate var page: Page {
        var page: Page = [
            "what": columns.0, "which": columns.1,
            "lines": lines.map { ["name": $0.name, "value": $0.value, "class": $0.differs ? "differs" : ""] },
        ]
        if let title { page["title"] = title }
        return page
    }
}
