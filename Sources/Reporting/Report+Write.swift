import Foundation
import Support

extension Report {
    /// Writes report.json, report.md and index.html, each whole or not at all.
    ///
    /// - Throws: `UserError` when the folder cannot be written.
    public func write(to folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw UserError("cannot be made", file: folder, remedy: "check the path and the permissions")
        }
        try AtomicFile.write(json.text(pretty: true) + "\n", to: "\(folder)/report.json")
        try AtomicFile.write(markdown, to: "\(folder)/report.md")
        try AtomicFile.write(html(), to: "\(folder)/index.html")
    }

    /// Schema 1: finding; methods, each with seeds, the COCO numbers as mean and half the 95% interval (null with one
    /// seed), the gain over BYOL, region numbers and pretraining cost; notes.
    public var json: JSON {
        func estimate(_ estimate: Estimate?) -> JSON {
            guard let estimate else { return .null }
            return [
                "mean": .double(estimate.mean), "half_width": estimate.halfWidth.map(JSON.double) ?? .null,
                "seeds": .int(estimate.count),
            ]
        }
        let numbers = ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"]
        let methods = rows.map { row -> JSON in
            var members: [(key: String, value: JSON)] = [
                ("method", .string(row.method)), ("seeds", .array(row.runs.map { .int($0.seed) })),
            ]
            for type in ["bbox", "segm"] {
                members.append((type, .object(numbers.map { ($0, estimate(row.estimate($0, type))) })))
                let gain = gain(row, type)
                members.append(
                    (
                        "\(type)_gain",
                        gain == nil ? .null : ["AP": estimate(gain?.gain), "p": (gain?.p).map(JSON.double) ?? .null]
                    ))
            }
            members.append(
                (
                    "regions",
                    [
                        "mean_pairwise_cosine": estimate(row.regions("mean_pairwise_cosine")),
                        "effective_rank": estimate(row.regions("effective_rank")),
                    ]
                ))
            members.append(
                (
                    "pretraining",
                    [
                        "images": estimate(Estimate(row.pretraining.map { Double($0.images) })),
                        "seconds": estimate(Estimate(row.pretraining.map(\.seconds))),
                    ]
                ))
            return .object(members)
        }
        return [
            "schema": .int(Self.schema), "finding": .string(finding), "methods": .array(methods),
            "notes": .array(notes.map(JSON.string)),
        ]
    }

    /// The same for a README or an issue.
    public var markdown: String {
        func line(_ cells: [String]) -> String { "| " + cells.map(Self.escapedCell).joined(separator: " | ") + " |" }
        var parts = ["# \(finding)", ""]
        for table in ReportTable.all(of: self) {
            parts += ["## \(table.title)", "", line(table.header), "| --- |" + table.header.dropFirst().map { _ in " ---: |" }.joined()]
            parts += table.lines.map(line) + [""]
        }
        parts.append(
            "AP in hundredths, mean over seeds\(rows.contains { $0.runs.count > 1 } ? " ± half a 95% interval" : "")."
                + " Gain: over BYOL, paired by seed. Region cosine and effective rank: of the backbone before fine-tuning.")
        if !notes.isEmpty { parts += ["", "## Notes", ""] + notes.map { "- \($0)" } }
        return parts.joined(separator: "\n") + "\n"
    }

    private static func escapedCell(_ text: String) -> String {
        text.replacingOccurrences(of: "|", with: "\\|").replacingOccurrences(of: "<", with: "&lt;")
    }
}
