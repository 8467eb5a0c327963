import COCO
import Foundation
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
    init?(_ input: ReportInput, _ notes: inout [String]) throws {
        if let annotations = input.annotations {
            self.annotations = annotations
            dataset = try Dataset.read(annotations)
            images = input.images
            return
        }
        guard let folder = input.folders.first(where: { FileManager.default.fileExists(atPath: "\($0)/benchmark.json") }) else {
            return nil
        }
        do {
            let benchmark = try JSON.read("\(folder)/benchmark.json")
            func path(_ name: String) throws -> String {
                guard let place = benchmark[name]?.string else {
                    throw UserError("does not name its \(name)", file: "\(folder)/benchmark.json")
                }
                return place.hasPrefix("/") ? place : "\(folder)/\(place)"
            }
            annotations = try path("annotations")
            dataset = try Dataset.read(annotations)
            images = try input.images ?? path("images")
        } catch {
            notes.append("what needs the ground truth is left out, and no images are shown: \(error)")
            return nil
        }
    }
}
