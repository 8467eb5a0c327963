import ArgumentParser
import COCO
import DataLoading
import Foundation
import Support
import Vision

struct DatasetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset",
        abstract: "Make the synthetic dataset, convert Pascal VOC, check a COCO annotation file, or cut its objects out.",
        subcommands: [Shapes.self, VOC.self, Check.self, Crops.self])

    struct Shapes: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the synthetic dataset shapes: JPEG images and COCO JSON.",
            discussion: """
                Eight categories told apart by outline and texture, several to an image, with occlusion and clutter.
                The same numbers give the same bytes. A folder that holds the dataset already is left alone.

                  ediy dataset shapes --output data/shapes --train 600 --val 150 --unlabeled 2000
                """)

        @Option(help: "The folder to write to.") var output: String
        @Option(help: "Training images, annotated.") var train = ShapesDataset.standard.train
        @Option(help: "Validation images, annotated.") var val = ShapesDataset.standard.val
        @Option(help: "Images without annotations, for pretraining.") var unlabeled = ShapesDataset.standard.unlabeled
        @Option(help: "The side of an image in pixels.") var imageSize = ShapesDataset.standard.imageSize
        @Option(help: "Decides every image.") var seed = Seed(ShapesDataset.standard.seed)

        func validate() throws {
            guard train >= 0, val >= 0, unlabeled >= 0 else { throw ValidationError("counts of images must not be below 0") }
            guard (32...2048).contains(imageSize) else { throw ValidationError("--image-size must be 32 to 2048") }
        }

        func run() throws {
            try ShapesDataset(train: train, val: val, unlabeled: unlabeled, imageSize: imageSize, seed: seed.value)
                .write(to: output)
        }
    }

    struct VOC: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "voc", abstract: "Write COCO JSON for Pascal VOC's images and boxes.",
            discussion: """
                Reads the XML files of image sets below VOCdevkit, and writes annotations/instances_train.json and
                annotations/instances_test.json there, for benchmarks/voc-r50-c4-24k.yaml. Difficult objects are marked
                so: they are learned from, and need not be found.

                  ediy dataset voc VOCdevkit
                """)

        @Argument(help: "The folder that holds VOC2007 and VOC2012.") var devkit: String
        @Option(help: "Image sets to train on, by year and name.") var train: [String] = ["VOC2007/trainval", "VOC2012/trainval"]
        @Option(help: "Image sets to test on.") var test: [String] = ["VOC2007/test"]

        func run() throws {
            let parts = [("train", train), ("test", test)]
            // Both are read before anything is written.
            let datasets = try parts.map { try VOCDataset(devkit, sets: $0.1) }
            try Folder.make("\(devkit)/annotations")
            for ((name, sets), dataset) in zip(parts, datasets) {
                let path = "\(devkit)/annotations/instances_\(name).json"
                try dataset.write(to: path)
                print("\(path): \(dataset.imageCount) images, \(dataset.objectCount) objects of \(sets.joined(separator: ", "))")
            }
        }
    }

    struct Crops: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cut a COCO dataset's objects out into a folder for each category.",
            discussion: """
                Makes a set with classes for `ediy linear`, and for `ediy pretrain --watch`, of any detection dataset: squares
                around the objects that are no crowds.

                  ediy dataset crops coco/annotations/instances_val2017.json --images coco/val2017 --output crops/val
                """)

        @Argument(help: "The annotation file.") var annotations: String
        @Option(help: "The folder of its images.") var images: String
        @Option(help: "The folder to make.") var output: String
        @Option(help: "What is shown around an object, as a part of its longer side.") var margin = 0.15
        @Option(help: "Objects whose longer side has fewer pixels are left out.") var leastSide = 24.0

        func validate() throws {
            guard (0...10).contains(margin) else { throw ValidationError("--margin must be 0 to 10") }
            guard leastSide >= 1, leastSide.isFinite else { throw ValidationError("--least-side must be 1 or more") }
        }

        func run() throws {
            var crops = ObjectCrops()
            crops.margin = margin
            crops.leastSide = leastSide
            let written = try crops.write(Dataset.read(annotations), images: images, to: output)
            for category in written.categories { print("\(category.count)  \(category.name)") }
            let leftOut = [
                (written.crowds, "crowds"), (written.small, "smaller than --least-side"), (written.outside, "outside of their image"),
            ]
            for (count, why) in leftOut where count > 0 { print("\(count)  left out: \(why)") }
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a COCO annotation file, and its images.",
            discussion: """
                Says what is wrong, each fault with its id and how many there are, and counts objects by size and category. Every
                pixel of the images is decoded; --quick reads their headers alone. Exits with 1 when something is wrong.

                  ediy dataset check annotations/instances_val2017.json --images val2017
                """)

        @Argument(help: "The annotation file.") var annotations: String
        @Option(help: "The folder of its images, to find missing and damaged ones, and wrong sizes.") var images: String?
        @Flag(help: "With --images: read the headers of the images alone, not their pixels.") var quick = false
        @Option(help: "Also write what was found to this file, as JSON: up to a thousand of each kind.") var json: String?

        func validate() throws {
            if quick && images == nil { throw ValidationError("--quick goes with --images") }
        }

        func run() throws {
            let decodes = !quick
            let look = images.map { folder in
                { @Sendable (image: ImageInfo) -> DatasetCheck.ImageFile in
                    image.path(in: folder).map { DatasetCheck.ImageFile(lookingAt: $0, decodes: decodes) } ?? .missing
                }
            }
            let check = try DatasetCheck(annotations: annotations, imageFile: look)
            print(check.text)
            if let json { try AtomicFile.write(check.json.text(pretty: true) + "\n", to: json) }
            if !check.isClean { throw ExitCode(1) }
        }
    }
}
