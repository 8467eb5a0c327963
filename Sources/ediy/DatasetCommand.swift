import ArgumentParser
import Data
import Support

struct DatasetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset", abstract: "Make the synthetic dataset, or check a COCO annotation file.",
        subcommands: [Shapes.self])

    struct Shapes: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the synthetic dataset shapes: JPEG images and COCO JSON.",
            discussion: """
                Eight categories told apart by outline and texture, several to an image, with occlusion and clutter.
                The same numbers give the same bytes. A folder that holds the dataset already is left alone.

                  ediy dataset shapes --output data/shapes --train 600 --val 150 --unlabeled 2000
                """)

        @Option(help: "The folder to write to.") var output: String
        @Option(help: "Training images, annotated.") var train = 600
        @Option(help: "Validation images, annotated.") var val = 150
        @Option(help: "Images without annotations, for pretraining.") var unlabeled = 2000
        @Option(help: "The side of an image in pixels.") var imageSize = 160
        @Option(help: "Decides every image.") var seed: UInt64 = 1

        func validate() throws {
            guard train >= 0, val >= 0, unlabeled >= 0 else { throw ValidationError("counts of images must not be below 0") }
            guard (32...2048).contains(imageSize) else { throw ValidationError("--image-size must be 32 to 2048") }
        }

        func run() throws {
            try ShapesDataset(train: train, val: val, unlabeled: unlabeled, imageSize: imageSize, seed: seed)
                .write(to: output)
        }
    }
}
