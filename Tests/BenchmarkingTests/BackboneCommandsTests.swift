import Benchmarking
import Foundation
import Pretraining
import Support
import TestSupport
import Testing

/// What is done with a backbone besides fine-tuning it, as a user has it; and the recipes of pretraining.
@Suite(.serialized) struct BackboneCommandsTests {
    private let scratch: Scratch
    private var recipe: String { "\(scratch.path)/tiny.yaml" }

    init() throws {
        scratch = try Scratch()
        try AtomicFile.write(tinyRecipe, to: recipe)
    }

    private func ediy(_ arguments: String...) throws -> CommandResult { try CommandLineTool.run(arguments) }

    @Test func aBackboneIsWatchedInspectedAndTested() throws {
        let data = "\(scratch.path)/data"
        #expect(
            try ediy("dataset", "shapes", "--output", data, "--train", "30", "--val", "12", "--unlabeled", "8", "--image-size", "64")
                .status == 0)
        for split in ["train", "val"] {
            let made = try ediy(
                "dataset", "crops", "\(data)/annotations/instances_\(split).json", "--images", "\(data)/\(split)", "--output",
                "\(scratch.path)/crops/\(split)", "--least-side", "12")
            #expect(made.status == 0 && made.output.contains("plain disc"), "\(made.error)")
        }
        let run = "\(scratch.path)/run"
        let pretrained = try ediy(
            "pretrain", recipe, "--method", "e-diy", "--images", "\(data)/unlabeled", "--watch", "\(scratch.path)/crops/val", "--output",
            run)
        #expect(pretrained.status == 0, "\(pretrained.error)")
        #expect(pretrained.error.contains("ediy: e-diy untrained: region cosine "))
        #expect(pretrained.error.contains("ediy: e-diy epoch 10 of 10: region cosine ") && pretrained.error.contains("k-NN"))
        let regions = try JSON.read("\(run)/regions.json")
        for json in [regions, regions["untrained"]] {
            #expect(try #require(json?["knn_accuracy"]?.double) > 0 && json?["global_rank"]?.double != nil)
        }
        let metrics = try String(contentsOfFile: "\(run)/metrics.jsonl", encoding: .utf8)
        #expect(metrics.split(separator: "\n").count { $0.contains("\"knn_accuracy\":") && $0.contains("\"epoch\":") } == 10)
        let weights = "\(run)/backbone.safetensors"

        // Two sheets, each with the image and two maps in three rows.
        let inspected = try ediy(
            "inspect", weights, "\(data)/val/000001.jpg", "\(data)/val/000002.jpg", "--against", weights, "--size", "128", "--output",
            "\(scratch.path)/maps")
        #expect(inspected.status == 0, "\(inspected.error)")
        #expect(inspected.output.split(separator: "\n").count == 2 && inspected.output.contains("region cosine 0."))
        #expect(FileManager.default.fileExists(atPath: "\(scratch.path)/maps/2-000002.jpg"))
        // What PyTorch writes is read as well.
        let converted = "\(scratch.path)/backbone.pth"
        #expect(try ediy("weights", "convert", weights, converted).status == 0)
        let beside = try ediy(
            "inspect", weights, "\(data)/val/000001.jpg", "--against", converted, "--size", "128", "--output", "\(scratch.path)/pth")
        #expect(beside.status == 0, "\(beside.error)")
        let numbers = beside.output.components(separatedBy: "region cosine ").dropFirst().map { $0.prefix(5) }
        #expect(numbers.count == 2 && Set(numbers).count == 1, "\(beside.output)")
        let outside = try ediy("inspect", weights, "\(data)/val/000001.jpg", "--region", "64,3", "--output", "\(scratch.path)/none")
        #expect(outside.status == 1 && outside.error.contains("64,3 is none of them"))
        #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/none"))

        func linear(_ output: String, _ more: String...) throws -> CommandResult {
            try CommandLineTool.run(
                [
                    "linear", weights, "--train", "\(scratch.path)/crops/train", "--val", "\(scratch.path)/crops/val", "--output",
                    "\(scratch.path)/\(output)", "--epochs", "2", "--batch", "16", "--image-size", "32",
                ] + more)
        }
        let first = try linear("l1")
        #expect(first.status == 0 && first.output.hasPrefix("top-1 ") && first.output.contains("8 classes"), "\(first.error)")
        let sameWeights = try ediy(
            "linear", converted, "--train", "\(scratch.path)/crops/train", "--val", "\(scratch.path)/crops/val", "--output",
            "\(scratch.path)/l2", "--epochs", "2", "--batch", "16", "--image-size", "32")
        #expect(sameWeights.status == 0 && sameWeights.output == first.output, "\(sameWeights.error)")
        let second = try linear("l3", "--workers", "3")
        #expect(second.output == first.output)
        let files = try ["l1", "l3"].map { try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/\($0)/classifier.safetensors")) }
        #expect(files[0] == files[1])
        #expect(try JSON.read("\(scratch.path)/l1/linear.json")["top5"]?.double != nil)
        let stranger = try ediy(
            "linear", weights, "--train", "\(scratch.path)/crops/train", "--val", "\(scratch.path)/crops", "--output",
            "\(scratch.path)/l4", "--epochs", "1", "--image-size", "32")
        #expect(stranger.status == 1 && stranger.error.contains("is no class of the training set"))
        #expect(try ediy("runs", scratch.path).status == 0)
    }

    @Test(arguments: [(100, 0.45, 1e-6, 0.99), (300, 0.3, 1e-6, 0.99), (1000, 0.2, 1.5e-6, 0.996)])
    func theRecipesOfImageNetAreThePapers(_ epochs: Int, _ rate: Double, _ decay: Double, _ momentum: Double) throws {
        let path = "\(CommandLineTool.project)/benchmarks/imagenet-byol-\(epochs)ep.yaml"
        let recipe = try Recipe(reading: path)
        #expect(recipe.methods == ["byol", "e-diy"])
        for method in recipe.methods {
            let variant = try #require(recipe.variant(method)), o = variant.options
            let byol = try #require(variant.method as? BYOLOptions ?? (variant.method as? EDIYOptions)?.byol)
            #expect(o.epochs == epochs && o.baseLearningRate == rate && o.weightDecay == decay && byol.targetMomentum == momentum)
            #expect(o.batchSize == 4096 && o.warmupEpochs == 10 && o.optimizer == .lars && o.imageSize == 224)
            #expect(byol.hiddenSize == 4096 && byol.projectionSize == 256 && o.minCropScale == 0.08 && o.backbone.width == 64)
        }
        try FileManager.default.createDirectory(atPath: "\(scratch.path)/imagenet/n01", withIntermediateDirectories: true)
        for i in 0..<3 { try AtomicFile.write("no matter", to: "\(scratch.path)/imagenet/n01/\(i).JPEG") }
        let dry = try ediy("benchmark", path, "--images", "\(scratch.path)/imagenet", "--dry-run", "--tflops", "60")
        #expect(dry.status == 0, "\(dry.error)")
        // Three images fill one batch an epoch.
        #expect(dry.output.contains(" \(epochs * 4096) "))
    }

    @Test func pretrainingImagesComeFromAnywhere() throws {
        let data = "\(scratch.path)/data"
        #expect(
            try ediy("dataset", "shapes", "--output", data, "--train", "4", "--val", "4", "--unlabeled", "6", "--image-size", "64").status
                == 0)
        // A recipe whose images are named from the root, beside a COCO folder.
        let coco = tinyRecipe.replacingOccurrences(
            of: "{kind: shapes, train: 8, val: 4, unlabeled: 8, image_size: 64, seed: 2}",
            with: """
                {kind: coco, train_images: train, train_annotations: annotations/instances_train.json, val_images: val,
                   val_annotations: annotations/instances_val.json, unlabeled_images: \(data)/unlabeled}
                """)
        try AtomicFile.write(coco, to: recipe)
        let named = try ediy("pretrain", recipe, "--method", "byol", "--data", data, "--output", "\(scratch.path)/named")
        #expect(named.status == 0, "\(named.error)")
        // The same images by --images, with nothing of the dataset at hand.
        let given = try ediy("pretrain", recipe, "--method", "byol", "--images", "\(data)/unlabeled", "--output", "\(scratch.path)/given")
        #expect(given.status == 0, "\(given.error)")
        let weights = try ["named", "given"].map {
            try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/\($0)/backbone.safetensors"))
        }
        #expect(weights[0] == weights[1])
        // Other images are another run.
        let other = try ediy(
            "pretrain", recipe, "--method", "byol", "--images", "\(data)/val", "--output", "\(scratch.path)/given", "--resume")
        #expect(other.status == 1 && other.error.contains("pretraining.images was 6 and is now 4"))
    }
}
