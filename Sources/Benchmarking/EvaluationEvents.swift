import COCO
import Reporting
import Support
import Training

extension EventFile {
    private static let shownImages = 4

    /// What TensorBoard shows of a detector once it is evaluated: its COCO numbers, and what it finds on the first images of
    /// the validation set.
    ///
    /// - Parameter iteration: how many were trained.
    static func write(
        _ evaluations: [(type: IoUType, evaluation: Evaluation)], _ results: Results, on dataset: Dataset, images: String,
        to folder: String, at iteration: Int
    ) throws {
        let file = try EventFile(in: folder, from: iteration)
        try file.append(
            evaluations.flatMap { type, evaluation in
                evaluation.summary.filter { $0.value >= 0 }.map { ("eval/\(type.rawValue)/\($0.name)", $0.value) }
            }, at: iteration)
        for image in dataset.images.indices.prefix(shownImages) {
            do {
                let panel = try Panel(results, on: dataset, image: image, in: images)
                let name = dataset.images[image].fileName ?? "image \(image)"
                try file.append(
                    jpeg: panel.jpeg, width: panel.width, height: panel.height, tag: "detections/\(name)", at: iteration)
            } catch { StandardError.line("\(error); not shown in TensorBoard") }
        }
    }
}
