import ArgumentParser
import Benchmarking
import COCO
import Data
import Detection
import Foundation
import Support
import Vision

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict", abstract: "Draw what a fine-tuned detector finds on pictures.",
        discussion: """
            Writes each picture with boxes, masks, labels and scores, and results.json in COCO's format, where a picture's
            id is its place on the command line, from 1.

              ediy predict runs/shapes/e-diy-seed0/finetune photo.jpg --output found
            """)

    @Argument(help: "A run folder of ediy finetune.") var folder: String
    @Argument(help: "JPEG files.") var images: [String]
    @Option(help: "The folder to write to.") var output: String
    @Option(help: "The score from which on a detection is drawn; results.json has them all.") var threshold = 0.5
    @OptionGroup var place: DeviceOptions

    func run() throws {
        let made = try DetectorRun(reading: folder, device: place.device)
        for image in images { _ = try JPEG.size(of: image) }
        do {
            try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        } catch {
            throw UserError("cannot be made", file: output, remedy: "check the path and the permissions")
        }
        let items = images.enumerated().map { PredictionBatches.Item(imageID: $0 + 1, path: $1) }
        try ResultsWriter.write(to: "\(output)/results.json") { writer in
            try made.detector.predict(
                items, input: made.options.input, categoryIDs: made.categories.map(\.id),
                batchSize: made.options.testBatchSize, title: "predict"
            ) { item, detections in
                for detection in detections { try writer.append(detection) }
                let shown = detections.filter { $0.score >= threshold }
                let picture = draw(shown, on: try JPEG.read(item.path), made.categories)
                let name = URL(fileURLWithPath: item.path).deletingPathExtension().lastPathComponent
                let target = "\(output)/\(item.imageID)-\(name).jpg"
                try AtomicFile.write(JPEG.encode(picture, quality: 92), to: target)
                print("\(target): \(shown.count) objects")
            }
        }
    }

    /// Best detections last, so that they lie on top.
    private func draw(_ detections: [Detection], on image: Image, _ categories: [(id: Int, name: String)]) -> Image {
        var canvas = Canvas(image)
        let palette = Palette()
        let scale = max(min(image.width, image.height) / 400, 1)
        for detection in detections.reversed() {
            let category = categories.firstIndex { $0.id == detection.categoryID } ?? 0
            let color = palette[category]
            if let mask = detection.mask { canvas.fill(mask: mask.decode(), color: color, opacity: 0.4) }
            guard let box = detection.box else { continue }
            canvas.rectangle(x: box.x, y: box.y, width: box.width, height: box.height, color: color, thickness: scale)
            let text = "\(categories[category].name) \(String(format: "%.2f", detection.score))"
            canvas.label(text, x: box.x, y: box.y, color: color, scale: scale)
        }
        return canvas.image
    }
}
