import COCO
import Foundation
import Runs
import Support

/// The runs that a report is made of, and what their benchmarks say of them.
struct ReportSources {
    let benchmarks: [(folder: String, file: BenchmarkFile)]
    let truth: GroundTruth?
    /// Finished ones, each method and seed once.
    let runs: [RunRecord]

    /// - Parameter notes: gets a line for each run that cannot be used.
    /// - Throws: `UserError` when none of them is a finished fine-tuning run, or what the command line names cannot be read.
    init(_ input: ReportInput, _ notes: inout [String]) throws {
        benchmarks = try input.folders.compactMap { folder in try BenchmarkFile(reading: folder).map { (folder, $0) } }
        truth = try GroundTruth(input, benchmarks, &notes)
        var runs: [RunRecord] = []
        for folder in input.folders {
            let benchmark = benchmarks.first { $0.folder == folder }?.file
            for run in benchmark.map({ Self.runFolders($0, in: folder) }) ?? [folder] {
                if let run = Self.read(run, isAsked: run == folder, &notes) { runs.append(run) }
            }
        }
        runs += try Self.evaluated(input.results, truth, &notes)
        guard runs.contains(where: { $0.stage == .finetune }) else {
            throw UserError(
                "no finished fine-tuning run", file: (input.folders + input.results.map(\.file)).joined(separator: ", "),
                remedy: notes.first ?? "run ediy benchmark, or ediy finetune, first")
        }
        var seen: Set<String> = []
        self.runs = runs.filter { run in
            let isNew = seen.insert("\(run.stage) \(run.method) \(run.seed)").inserted
            if !isNew { notes.append("\(run.path): is \(run.method), seed \(run.seed), of which there is one already; left out") }
            return isNew
        }
        notes += self.runs.flatMap(\.problems)
    }

    /// A benchmark's runs in its recipe's order.
    private static func runFolders(_ benchmark: BenchmarkFile, in folder: String) -> [String] {
        benchmark.methods.flatMap { method in
            benchmark.seeds.flatMap { seed in
                // A method without pretraining begins with its second stage.
                [RunStage.pretrain, .finetune].compactMap { stage in
                    let run = "\(folder)/\(BenchmarkFile.runFolder(method, seed, stage))"
                    return stage == .finetune || FileManager.default.fileExists(atPath: run) ? run : nil
                }
            }
        }
    }

    /// Nil for a run that cannot be used.
    ///
    /// - Parameter isAsked: whether the command line names it, and not a benchmark.
    private static func read(_ folder: String, isAsked: Bool, _ notes: inout [String]) -> RunRecord? {
        guard isAsked || FileManager.default.fileExists(atPath: "\(folder)/\(RunFile.name)") else {
            notes.append("\(folder): the run has not begun; run ediy benchmark again")
            return nil
        }
        do {
            let run = try RunRecord(reading: folder)
            if run.stage == .linear {
                notes.append("\(folder): is a linear evaluation, and left out: a report compares detectors")
            } else if !run.isFinished {
                notes.append("\(folder): the run is not finished, but \(run.status), and left out; go on with it by --resume")
            } else {
                return run
            }
        } catch { notes.append("\(error)") }
        return nil
    }

    /// Detectors of another make.
    private static func evaluated(
        _ results: [(name: String, file: String)], _ truth: GroundTruth?, _ notes: inout [String]
    ) throws -> [RunRecord] {
        var runs: [RunRecord] = []
        var counts: [String: Int] = [:]
        let progress = ProgressLine("evaluate", total: results.count, unit: "files")
        for (name, file) in results {
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
        return runs
    }

    /// Category ids that any of the runs has numbers of, with the names that the ground truth or the runs know.
    var categories: [(id: String, name: String)] {
        let fineTuned = runs.filter { $0.stage == .finetune }
        var names: [String: String] = [:]
        for category in truth?.dataset.categories ?? [] { names["\(category.writtenID)"] = category.name }
        if truth == nil, let run = fineTuned.first(where: \.hasProtocol) {
            for (id, name) in (try? CategoriesFile(reading: run.path))?.categories ?? [] { names["\(id)"] = name }
        }
        var ids: [String] = []
        var seen: Set<String> = []
        for run in fineTuned { for (id, _) in run.categoryAP("bbox") where seen.insert(id).inserted { ids.append(id) } }
        return ids.map { ($0, names[$0] ?? $0) }
    }

    /// A row for each method: as they were given, which in a benchmark is its recipe's order.
    var rows: [Report.Row] {
        let fineTuned = runs.filter { $0.stage == .finetune }
        var methods: [String] = []
        for run in fineTuned where !methods.contains(run.method) { methods.append(run.method) }
        return methods.map { method in
            func own(_ stage: RunStage) -> [RunRecord] {
                runs.filter { $0.stage == stage && $0.method == method }.sorted { $0.seed < $1.seed }
            }
            return Report.Row(method: method, title: title(method), runs: own(.finetune), pretraining: own(.pretrain))
        }
    }

    /// What readers call a method: by its runs, or else by a benchmark; its name where neither knows.
    private func title(_ method: String) -> String {
        runs.lazy.filter { $0.method == method }.compactMap(\.file.description.titles.method).first
            ?? benchmarks.lazy.flatMap(\.file.methodTitles).first { $0.name == method }?.title ?? method
    }

    /// The losses of a stage that are shown: those that runs have titles of, or else a benchmark; the names that begin with "loss"
    /// in the logs where neither has any.
    func losses(_ stage: RunStage) -> [(name: String, title: String)] {
        let own = runs.filter { $0.stage == stage }
        let ofBenchmarks = benchmarks.flatMap(\.file.lossTitles).filter { $0.stage == stage }.flatMap(\.titles)
        let logged = own.flatMap { $0.metrics?.names ?? [] }.filter { $0.hasPrefix("loss") }.map { (name: $0, title: $0) }
        let found = [own.flatMap(\.file.description.titles.losses), ofBenchmarks, logged].first { !$0.isEmpty } ?? []
        var seen: Set<String> = []
        return found.filter { seen.insert($0.name).inserted }
    }

    /// What is compared: as the command line names them, or else the first benchmark; the first and the last where neither does. A
    /// method is not compared with itself; the candidate is nil where there is but one.
    ///
    /// - Throws: `UserError` for a method without a finished run, and for one that is named as both.
    func compared(_ input: ReportInput, _ rows: [Report.Row]) throws -> (baseline: Report.Row, candidate: Report.Row?) {
        if let name = input.baseline, name == input.candidate {
            throw UserError("baseline and candidate are both \(name)", remedy: "name two methods, or one of them alone")
        }
        func named(_ name: String?) throws -> Report.Row? {
            guard let name else { return nil }
            guard let row = rows.first(where: { $0.method == name }) else {
                throw UserError("no finished run of method \(name)", remedy: "there are \(rows.map(\.method).joined(separator: ", "))")
            }
            return row
        }
        func first(of names: [String?], but other: String?) -> Report.Row? {
            names.lazy.compactMap { name in rows.first { $0.method == name && $0.method != other } }.first
        }
        let suggested = benchmarks.first?.file
        let methods = rows.map(\.method)
        let baseline = try named(input.baseline) ?? first(of: [suggested?.baseline] + methods, but: input.candidate) ?? rows[0]
        let others = [suggested?.candidate, suggested?.baseline] + methods.reversed()
        let candidate = try named(input.candidate) ?? first(of: others, but: baseline.method)
        return (baseline, candidate?.method == baseline.method ? nil : candidate)
    }
}
