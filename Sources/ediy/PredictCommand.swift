import ArgumentParser
import Benchmarking
import COCO
import DataLoading
import Detection
import Foundation
import Support
import Vision

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict", abstract: "Find the objects on images, with a detector of a run or of a weight file.",
        discussion: """
            Writes each image with boxes, masks, labels and scores, and results.json in COCO's format, where an image's
            id is its place on the command line, from 1.

              ediy predict runs/shapes/e-diy-seed0/finetune photo.jpg --output found
              ediy predict --weights model_final.pkl photo.jpg --output found

            --weights takes a whole Mask or Faster R-CNN of Detectron2, torchvision or ediy (.pkl, .pth, .safetensors). Its design
            is read off names and shapes. What pixels it expects, and where its strides are, no file says: it is taken to be of
            Detectron2's default configuration, or torchvision's, a line says so, and a recipe's section detection can say
            otherwise (channel_order, pixel_mean, pixel_std, stride_in_1x1, min_size_test, …).

            A dataset instead of images gives results.json alone, to be evaluated:

              ediy predict --weights model_final.pkl --annotations instances_val2017.json --images val2017 --output found
              ediy evaluate --annotations instances_val2017.json --results found/results.json --iou bbox,segm
            """)

    @Argument(help: "A run folder of ediy finetune, unless --weights is given; then image files, JPEG or PNG, or folders of them.")
    var arguments: [String] = []
    @Option(help: "A weight file with a whole detector, in place of a run folder.") var weights: String?
    @Option(help: "With --weights: a recipe whose section detection says what the file does not.") var recipe: String?
    @Option(help: "A COCO annotation file whose images are predicted on, in place of image files.") var annotations: String?
    @Option(help: "With --annotations: the folder of its images.") var images: String?
    @Option(help: "The folder to write to.") var output: String
    @Option(help: "The score from which on a detection is drawn; results.json has them all.") var threshold = 0.5
    @OptionGroup var place: DeviceOptions

    private var files: [String] { weights == nil ? Array(arguments.dropFirst()) : arguments }

    func validate() throws {
        if weights == nil && arguments.isEmpty { throw ValidationError("name a run folder, or a weight file by --weights") }
        if weights == nil && recipe != nil { throw ValidationError("--recipe goes with --weights: a run has its own") }
        if (annotations == nil) != (images == nil) { throw ValidationError("--annotations and --images go together") }
        if (annotations == nil) == files.isEmpty { throw ValidationError("name image files, or a dataset by --annotations and --images") }
    }

    func run() throws {
        try Self.requireOneProcess()
        let dataset = try annotations.map { try Dataset.readImages($0) }
        let made =
            try weights.map { try DetectorRun(weights: $0, recipe: recipe, annotations: dataset, device: place.device) }
            ?? DetectorRun(reading: arguments[0], device: place.device)
        let files = try files.flatMap { file -> [String] in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue else { return [file] }
            let folder = try ImageFolder(file)
            return (0..<folder.count).map(folder.path)
        }
        for file in files { _ = try ImageFile.header(of: file) }
        try Folder.make(output)
        let items =
            try dataset.map { dataset in
                try dataset.images.indices.map {
                    PredictionBatches.Item(imageID: dataset.images[$0].id, path: try dataset.path(ofImage: $0, in: images ?? ""))
                }
            }
            ?? files.enumerated().map { PredictionBatches.Item(imageID: $0 + 1, path: $1) }
        var count = 0
        try ResultsWriter.write(to: "\(output)/results.json", names: dataset?.names ?? IDNames()) { writer in
            try made.detector.predict(
                items, input: made.options.input, categoryIDs: made.categories.map(\.id),
                batchSize: made.options.testBatchSize, title: "predict"
            ) { item, detections in
                for detection in detections { try writer.append(detection) }
                count += detections.count
                if dataset == nil { try show(item, detections, made.categories) }
            }
        }
        if dataset != nil { print("\(output)/results.json: \(count) detections on \(items.count) images") }
    }

    private func show(
        _ item: PredictionBatches.Item, _ detections: [Detection], _ categories: [(id: Int, name: String)]
    ) throws {
        let shown = detections.filter { $0.score >= threshold }
        let image = draw(shown, on: try ImageFile.read(item.path), categories)
        let name = URL(fileURLWithPath: item.path).deletingPathExtension().lastPathComponent
        let target = "\(output)/\(item.imageID)-\(name).jpg"
        try AtomicFile.write(JPEG.encode(image, quality: 92), to: target)
        print("\(target): \(shown.count) objects")
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
