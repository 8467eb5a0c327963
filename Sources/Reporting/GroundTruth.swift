import COCO
import Foundation
import Runs
import Support

/// The validation set that a report's detections are held against.
struct GroundTruth {
    let annotations: String
    let dataset: Dataset
    /// The folder of its images, where that is known.
    let images: String?

    /// Of the command line, or else of the first benchmark folder; nil where neither names any.
    ///
    /// - Throws: `UserError` for a file that the command line names and that cannot be read.
    init?(_ input: ReportInput, _ benchmarks: [(folder: String, file: BenchmarkFile)], _ notes: inout [String]) throws {
        if let annotations = input.annotations {
            self.annotations = annotations
            dataset = try Dataset.read(annotations)
            images = input.images
            return
        }
        guard let (folder, benchmark) = benchmarks.first else { return nil }
        func path(_ place: String) -> String { place.hasPrefix("/") ? place : "\(folder)/\(place)" }
        do {
            annotations = path(benchmark.annotations)
            dataset = try Dataset.read(annotations)
            images = input.images ?? path(benchmark.images)
        } catch {
            notes.append("what needs the ground truth is left out, and no images are shown: \(error)")
            return nil
        }
    }
}
