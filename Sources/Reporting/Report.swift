import COCO
import Foundation
import Support

/// What a report is made of.
public struct ReportInput: Sendable {
    /// Run folders, or benchmark folders with runs inside.
    public var folders: [String]
    /// COCO results files of any detector; several of one name are its seeds, in their order.
    public var results: [(name: String, file: String)] = []
    /// The ground truth of the results; of a benchmark folder its own by default.
    public var annotations: String?
    /// The folder of its images.
    public var images: String?
    /// What the others are compared with: by default byol, or else the first.
    public var baseline: String?
    /// What the finding is about: by default e-diy, or else the last.
    public var candidate: String?
    /// How often the images are drawn for intervals over them; 0 leaves these out.
    public var resamples = 1000
    /// Decides those draws, and which images are shown by chance.
    public var seed: UInt64 = 0

    public init(folders: [String]) { self.folders = folders }
}

/// Runs compared: a row a method, the gain over a baseline, and what may be said of it.
public struct Report {
    /// Of report.json; reports/README.md describes it.
    public static let schema = 3

    /// One method, over its seeds.
    public struct Row {
        public let method: String
        /// Fine-tuning runs, by seed.
        public let runs: [RunRecord]
        /// Pretraining runs, by seed.
        public let pretraining: [RunRecord]

        func estimate(_ name: String, _ type: String) -> Estimate? { Estimate(runs.compactMap { $0.number(name, type) }) }

        /// Below this a difference in AP is one between detectors that find next to nothing.
        var hasHardlyLearned: Bool { estimate("AP50", "bbox").map { $0.mean < 0.05 } ?? false }

        func regions(_ name: String) -> Estimate? { Estimate(runs.compactMap { $0.regions?[name]?.double }) }

        /// What readers call it.
        var title: String {
            switch method {
            case "e-diy": "E-DIY"
            case "byol": "BYOL"
            case "none": "training from scratch"
            default: method
            }
        }
    }

    public let rows: [Row]
    let baseline: Row
    /// Nil where there is but one method.
    let candidate: Row?
    /// What could not be used, and differences between runs that should not be there, a line each.
    public let notes: [String]
    let differences: [ProtocolDifference]
    let detections: DetectionAnalysis
    /// Region similarity of the backbones; empty where no run kept it, or without images.
    let regionMaps: RegionMaps
    let categories: [(id: String, name: String)]
    let reproduction: Reproduction

    /// Reads runs.
    ///
    /// - Throws: `UserError` when none of them holds a finished fine-tuning run, or a method that was asked for is not there.
    public init(_ input: ReportInput) throws {
        var notes: [String] = []
        let truth = try GroundTruth(input, &notes)
        let runs = try Self.read(input, truth, &notes)
        let fineTuned = runs.filter { !$0.isPretraining }
        // As they were given, which in a benchmark is its recipe's order.
        var methods: [String] = []
        for run in fineTuned where !methods.contains(run.method) { methods.append(run.method) }
        let rows = methods.map { method in
            Row(
                method: method, runs: fineTuned.filter { $0.method == method }.sorted { $0.seed < $1.seed },
                pretraining: runs.filter { $0.isPretraining && $0.method == method }.sorted { $0.seed < $1.seed })
        }
        func named(_ name: String?, or standard: String, _ others: [Row]) throws -> Row? {
            guard let name else { return rows.first { $0.method == standard } ?? others.first }
            guard let row = rows.first(where: { $0.method == name }) else {
                throw UserError("no finished run of method \(name)", remedy: "there are \(methods.joined(separator: ", "))")
            }
            return row
        }
        let baseline = try named(input.baseline, or: "byol", rows) ?? rows[0]
        let others = rows.filter { $0.method != baseline.method }
        let candidate = try named(input.candidate, or: "e-diy", others.reversed())
        self.rows = rows
        self.baseline = baseline
        self.candidate = candidate?.method == baseline.method ? nil : candidate

        differences = ProtocolDifference.all(runs)
        notes += differences.map(\.note)
        notes += rows.filter { $0.runs.contains { !$0.hasProtocol } }.map { row in
            "of \(row.method) nothing but its results is known, and not its protocol"
        }
        notes += Self.unpaired(baseline, self.candidate)
        for row in rows where row.hasHardlyLearned {
            let ap50 = row.estimate("AP50", "bbox").map { points($0.mean) } ?? "–"
            notes.append("\(row.method) has hardly learned to detect (box AP50 \(ap50)): its gain says nothing")
        }
        detections = DetectionAnalysis(truth, rows, baseline, candidate, input, &notes)
        regionMaps = RegionMaps(rows, images: truth?.images, &notes)
        categories = Self.categories(truth, fineTuned)
        reproduction = Reproduction(input, runs)
        self.notes = notes
    }

    // MARK: - Reading

    private static func read(_ input: ReportInput, _ truth: GroundTruth?, _ notes: inout [String]) throws -> [RunRecord] {
        var runs: [RunRecord] = []
        for folder in input.folders.flatMap(runFolders) {
            guard FileManager.default.fileExists(atPath: "\(folder)/run.json") || input.folders.contains(folder) else {
                notes.append("\(folder): the run has not begun; run ediy benchmark again")
                continue
            }
            do {
                let run = try RunRecord(reading: folder)
                if run.isFinished { runs.append(run) } else {
                    notes.append("\(folder): the run is not finished, but \(run.status), and left out; go on with it by --resume")
                }
            } catch { notes.append("\(error)") }
        }
        var counts: [String: Int] = [:]
        let progress = ProgressLine("evaluate", total: input.results.count, unit: "files")
        for (name, file) in input.results {
            guard let truth else {
                throw UserError("results need a ground truth", file: file, remedy: "name it by --annotations")
            }
            let seed = counts[name, default: 0]
            counts[name] = seed + 1
            do { runs.append(try RunRecord(results: file, method: name, seed: seed, against: truth.dataset)) } catch {
                notes.append("\(error)")
            }
            progress.advance()
        }
        progress.end("done")
        guard runs.contains(where: { !$0.isPretraining }) else {
            throw UserError(
                "no finished fine-tuning run", file: (input.folders + input.results.map(\.file)).joined(separator: ", "),
                remedy: notes.first ?? "run ediy benchmark, or ediy finetune, first")
        }
        var seen: Set<String> = []
        runs = runs.filter { run in
            let isNew = seen.insert("\(run.stage) \(run.method) \(run.seed)").inserted
            if !isNew { notes.append("\(run.path): is \(run.method), seed \(run.seed), of which there is one already; left out") }
            return isNew
        }
        notes += runs.flatMap(\.problems)
        return runs
    }

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

    /// Category ids that any run has numbers of, with the names that the ground truth or the runs know.
    private static func categories(_ truth: GroundTruth?, _ runs: [RunRecord]) -> [(id: String, name: String)] {
        var names: [String: String] = [:]
        for category in truth?.dataset.categories ?? [] { names["\(category.writtenID)"] = category.name }
        if truth == nil, let run = runs.first(where: \.hasProtocol) {
            for entry in (try? JSON.read("\(run.path)/categories.json"))?.array ?? [] {
                if let id = entry["id"]?.int, let name = entry["name"]?.string { names["\(id)"] = name }
            }
        }
        var ids: [String] = []
        var seen: Set<String> = []
        for run in runs { for (id, _) in run.categoryAP("bbox") where seen.insert(id).inserted { ids.append(id) } }
        return ids.map { ($0, names[$0] ?? $0) }
    }

    private static func unpaired(_ baseline: Row, _ candidate: Row?) -> [String] {
        guard let candidate else { return [] }
        let seeds = [Set(baseline.runs.map(\.seed)), Set(candidate.runs.map(\.seed))]
        return [(baseline, seeds[0].subtracting(seeds[1]), candidate), (candidate, seeds[1].subtracting(seeds[0]), baseline)]
            .filter { !$0.1.isEmpty }.map { row, alone, other in
                let list = alone.sorted().map(String.init).joined(separator: ", ")
                return "\(row.method) has seed \(list) and \(other.method) has not: left out where the two are compared"
            }
    }

    // MARK: - The gain

    /// Pairs of runs of the baseline and a method, by seed.
    func pairs(_ row: Row) -> [(base: RunRecord, run: RunRecord)] {
        row.runs.compactMap { run in baseline.runs.first { $0.seed == run.seed }.map { ($0, run) } }
    }

    /// The gain of a method over the baseline in AP of a type, paired by seed; nil for the baseline itself.
    func gain(_ row: Row, _ type: String, _ name: String = "AP") -> PairedComparison? {
        guard row.method != baseline.method else { return nil }
        return PairedComparison(
            differences: pairs(row).compactMap { base, run in
                guard let theirs = base.number(name, type), let mine = run.number(name, type) else { return nil }
                return mine - theirs
            })
    }

    /// `bbox`, and `segm` where any method has masks.
    var types: [IoUType] { IoUType.detection.filter { type in rows.contains { $0.estimate("AP", type.rawValue) != nil } } }
}

extension IoUType {
    /// "box AP", "mask AP".
    var noun: String { self == .bbox ? "box" : "mask" }
}

/// AP as papers write it: in hundredths.
func points(_ value: Double) -> String { String(format: "%.1f", value * 100) }

/// The same with its sign: "+2.1", "−0.3", "0.0".
func signedPoints(_ value: Double) -> String {
    let size = points(abs(value))
    return (size == points(0) ? "" : value < 0 ? "−" : "+") + size
}

extension Estimate {
    /// "31.4 ± 0.6", in hundredths.
    var asPoints: String { halfWidth.map { "\(points(mean)) ± \(points($0))" } ?? points(mean) }

    /// "+0.4 to +1.9", in hundredths.
    var interval: String? { halfWidth.map { "\(signedPoints(mean - $0)) to \(signedPoints(mean + $0))" } }
}
