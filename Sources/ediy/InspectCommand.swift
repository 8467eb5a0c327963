import ArgumentParser
import DataLoading
import Foundation
import NN
import Pretraining
import Support
import Torch
import Vision

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show how alike the regions of an image are to a backbone, or to two.",
        discussion: """
            For each image a sheet: a row a region, in it the image with the region marked, and for each weight file the
            cosine of that region's feature with every cell of the last map: dark is 0, bright is 1. All bright says that
            the backbone sees the same everywhere. Also prints, by image, the mean cosine of two regions and the effective
            rank of the regions' features.

              ediy inspect runs/byol/backbone.safetensors photo.jpg --against runs/e-diy/backbone.safetensors \\
                   --region 120,80 --region 300,210 --output maps
            """)

    @Argument(
        help:
            "A backbone's weights: safetensors, .pth or .pkl, with torchvision's, MoCo's or Detectron2's names; as `ediy weights inspect` knows them."
    ) var weights: String
    @Argument(help: "Image files.") var images: [String]
    @Option(help: "A second weight file, shown beside the first.") var against: String?
    @Option(
        help: ArgumentHelp(
            "A region, by a pixel of the image; may be given several times. Three on the diagonal by default.", valueName: "x,y"))
    var region: [Place] = []
    @Option(help: "The folder to write to.") var output: String
    @Option(help: "What an image's short side is resized to; a cell of the map is 32 pixels.") var size = 448
    @Option(help: "Regions a side, of the printed numbers.") var grid = 7
    @OptionGroup var place: DeviceOptions

    /// A pixel.
    struct Place: ExpressibleByArgument {
        let x: Double
        let y: Double

        init?(argument: String) {
            let parts = argument.split(separator: ",").map { Double($0) }
            guard parts.count == 2, let x = parts[0], let y = parts[1], x >= 0, y >= 0, x.isFinite, y.isFinite else { return nil }
            (self.x, self.y) = (x, y)
        }
    }

    func validate() throws {
        guard !images.isEmpty else { throw ValidationError("name an image") }
        guard (32...4096).contains(size) else { throw ValidationError("--size must be 32 to 4096") }
        guard (1...64).contains(grid) else { throw ValidationError("--grid must be 1 to 64") }
    }

    func run() throws {
        try Self.requireOneProcess()
        let images = try images.map { path in (path: path, image: try ImageFile.read(path)) }
        let places = try images.map { try regions(of: $0.image, $0.path) }
        try LibTorch.load()
        let device = try LibTorch.device(place.device)
        let files = [weights] + (against.map { [$0] } ?? [])
        let backbones = try files.map { path in
            let weights = try BackboneWeights(path)
            let network = try weights.makeNetwork()
            network.move(to: device)
            return (name: weights.name, network: network, normalization: PixelNormalization(weights.weights.convention))
        }
        let names = Self.names(backbones.map(\.name), files)
        try Folder.make(output)
        for (i, (path, image)) in images.enumerated() {
            let maps = backbones.map { $0.network.lastFeatureMap(of: image, shortSide: size, normalization: $0.normalization) }
            let sheet = RegionSheet(image, regions: places[i], columns: zip(names, maps).map { ($0, RegionMap($1)) })
            let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
            let target = "\(output)/\(i + 1)-\(name).jpg"
            try AtomicFile.write(JPEG.encode(sheet.image, quality: 92), to: target)
            let numbers = zip(names, maps).map { name, map in
                let regions = RegionStatistics(maps: map, grid: grid)
                return name
                    + String(format: " region cosine %.3f, rank %.1f", regions.meanPairwiseCosine, regions.effectiveRank)
            }
            print("\(target): \(numbers.joined(separator: "; "))")
        }
    }

    /// As parts of the image's sides.
    private func regions(of image: Image, _ path: String) throws -> [(x: Double, y: Double)] {
        guard !region.isEmpty else { return [0.25, 0.5, 0.75].map { ($0, $0) } }
        return try region.map { place in
            guard place.x < Double(image.width), place.y < Double(image.height) else {
                throw UserError(
                    "has \(image.width)×\(image.height) pixels, and \(Int(place.x)),\(Int(place.y)) is none of them", file: path,
                    remedy: "name a pixel inside")
            }
            return (place.x / Double(image.width), place.y / Double(image.height))
        }
    }

    /// What made the files, where they differ in it; else their names, or their paths.
    private static func names(_ methods: [String], _ files: [String]) -> [String] {
        if Set(methods).count == files.count { return methods }
        let names = files.map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
        return Set(names).count == files.count ? names : files
    }
}
