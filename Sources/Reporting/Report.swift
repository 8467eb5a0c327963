import Foundation
import Support

/// Runs compared: a row a method, the gain over BYOL, and what may be said of it.
public struct Report {
    /// What the methods are compared with.
    static let baseline = "byol"
    /// The method whose claim is under test.
    static let candidate = "e-diy"
    public static let schema = 1

    /// One method, over its seeds.
    public struct Row {
        public let method: String
        /// Fine-tuning runs, by seed.
        public let runs: [RunRecord]
        /// Pretraining runs, by seed.
        public let pretraining: [RunRecord]

        func estimate(_ name: String, _ type: String) -> Estimate? { Estimate(runs.compactMap { $0.number(name, type) }) }

        func regions(_ name: String) -> Estimate? { Estimate(runs.compactMap { $0.regions?[name]?.double }) }
    }

    public let rows: [Row]
    /// Folders that could not be used, and differences between runs that should not be there, a line each.
    public let notes: [String]
    /// Settings in which runs differ, by stage, with each method's value.
    let differences: [(stage: String, name: String, values: [String])]
    let gallery: [GalleryImage]

    /// Reads runs.
    ///
    /// - Parameter folders: run folders, or benchmark folders with runs inside.
    /// - Throws: `UserError` when none of them holds a finished fine-tuning run.
    public init(reading folders: [String]) throws {
        var notes: [String] = []
        var runs: [RunRecord] = []
        for folder in folders.flatMap(Self.runFolders) {
            do { runs.append(try RunRecord(reading: folder)) } catch { notes.append("\(error)") }
        }
        let fineTuned = runs.filter { !$0.isPretraining }
        guard !fineTuned.isEmpty else {
            throw UserError(
                "no finished fine-tuning run", file: folders.joined(separator: ", "),
                remedy: notes.first ?? "run ediy benchmark, or ediy finetune, first")
        }
        // As they were given, which in a benchmark is its recipe's order.
        var methods: [String] = []
        for run in fineTuned where !methods.contains(run.method) { methods.append(run.method) }
        rows = methods.map { method in
            Row(
                method: method, runs: fineTuned.filter { $0.method == method }.sorted { $0.seed < $1.seed },
                pretraining: runs.filter { $0.isPretraining && $0.method == method }.sorted { $0.seed < $1.seed })
        }
        differences = Self.differences(runs)
        notes += differences.map {
            "the compared runs differ in \($0.name) of \($0.stage): \($0.values.joined(separator: ", "))"
        }
        // Below this a difference in AP is one between detectors that find next to nothing.
        for row in rows {
            guard let ap50 = row.estimate("AP50", "bbox"), ap50.mean < Self.learnedAP50 else { continue }
            notes.append("\(row.method) has hardly learned to detect (box AP50 \(points(ap50.mean))): its gain says nothing")
        }
        let benchmark = folders.first { FileManager.default.fileExists(atPath: "\($0)/benchmark.json") }
        do { gallery = try benchmark.map { [rows] in try GalleryImage.choose(from: $0, rows) } ?? [] } catch {
            notes.append("no pictures are shown: \(error)")
            gallery = []
        }
        self.notes = notes
    }

    private static let learnedAP50 = 0.05

    /// A benchmark folder's runs in its recipe's order, or the folder itself.
    private static func runFolders(_ folder: String) -> [String] {
        guard let benchmark = try? JSON.read("\(folder)/benchmark.json") else { return [folder] }
        let methods = benchmark["methods"]?.array?.compactMap(\.string) ?? []
        let seeds = benchmark["seeds"]?.array?.compactMap(\.int) ?? []
        return methods.flatMap { method in
            seeds.flatMap { seed -> [String] in
                let base = "\(folder)/\(method)-seed\(seed)"
                return ["\(base)/pretrain", "\(base)/finetune"].filter {
                    $0.hasSuffix("finetune") || FileManager.default.fileExists(atPath: $0)
                }
            }
        }
    }

    private static func differences(_ runs: [RunRecord]) -> [(stage: String, name: String, values: [String])] {
        ["pretrain", "finetune"].flatMap { stage in
            let compared = runs.filter { $0.stage == stage }
            var names: [String] = []
            for run in compared { for setting in run.settings where !names.contains(setting.name) { names.append(setting.name) } }
            return names.compactMap { name -> (stage: String, name: String, values: [String])? in
                let values = compared.map { run in run.settings.first { $0.name == name }?.value ?? "not given" }
                guard Set(values).count > 1 else { return nil }
                return (stage, name, zip(compared, values).map { "\($0.method) \($1)" })
            }
        }
    }

    // MARK: - The finding

    /// The gain of a method over the baseline in AP of a type, paired by seed.
    func gain(_ row: Row, _ type: String) -> PairedComparison? {
        guard let base = rows.first(where: { $0.method == Self.baseline }), row.method != Self.baseline else { return nil }
        let differences = row.runs.compactMap { run -> Double? in
            guard let mine = run.number("AP", type),
                let theirs = base.runs.first(where: { $0.seed == run.seed })?.number("AP", type)
            else { return nil }
            return mine - theirs
        }
        return PairedComparison(differences: differences)
    }

    /// What was found, in words.
    public var finding: String {
        guard let row = rows.first(where: { $0.method == Self.candidate }), let box = gain(row, "bbox"),
            let mask = gain(row, "segm")
        else { return "No run of E-DIY and BYOL with the same seed: nothing to compare." }
        func isLevel(_ gain: Estimate) -> Bool { points(abs(gain.mean)) == points(0) }
        func way(_ gain: Estimate) -> String { isLevel(gain) ? "level with" : gain.mean > 0 ? "ahead of" : "behind" }
        func size(_ gain: Estimate, _ what: String) -> String { isLevel(gain) ? "in \(what)" : "by \(points(abs(gain.mean))) \(what)" }
        let boxes = "E-DIY is \(way(box.gain)) BYOL \(size(box.gain, "box AP"))"
        let together = way(box.gain) == way(mask.gain) && !isLevel(box.gain)
        let size = together
            ? "\(boxes) and \(points(abs(mask.gain.mean))) mask AP" : "\(boxes), and \(way(mask.gain)) it \(size(mask.gain, "mask AP"))"
        guard let half = box.gain.halfWidth else {
            return "\(size), with one seed. One seed proves little: there is no interval to hold the gain against."
        }
        let sure = half < abs(box.gain.mean) ? "the interval leaves out 0" : "the interval holds 0, so that the gain may be none"
        let p = box.p.map { String(format: ", paired t test p = %.3f", $0) } ?? ""
        return "\(size), ± \(points(half)) in box AP (95%, \(box.gain.count) seeds\(p)): \(sure)."
    }
}

/// AP as papers write it: in hundredths.
func points(_ value: Double) -> String { String(format: "%.1f", value * 100) }

extension Estimate {
    /// "31.4 ± 0.6", in hundredths.
    var asPoints: String { halfWidth.map { "\(points(mean)) ± \(points($0))" } ?? points(mean) }
}
