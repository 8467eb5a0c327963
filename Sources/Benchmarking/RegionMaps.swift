import COCO
import DataLoading
import NN
import Pretraining
import Runs
import Support
import Torch
import Vision

extension RegionMap {
    /// How many validation images have a map.
    private static let shownImages = 4

    /// The maps that a report shows: of the first validation images that have an object, each of the region in which the
    /// centre of its largest object lies.
    ///
    /// Images are taken at twice the size of pretraining, and twice the regions a side, so that there is more to see.
    ///
    /// - Parameters:
    ///   - images: the folder of the images.
    ///   - normalization: how the backbone takes its pixels.
    ///   - side: of pretraining's images, in pixels.
    ///   - grid: of pretraining's regions.
    /// - Returns: entries of regions.json; an image that cannot be read is named on standard error and left out.
    static func maps(
        of backbone: any Backbone, on dataset: Dataset, images: String, normalization: PixelNormalization, side: Int, grid: Int
    ) -> [RegionSimilarity] {
        dataset.images.indices.lazy.compactMap { i in largestObject(dataset, i).map { (image: i, box: $0) } }
            .prefix(shownImages).compactMap { i, box in
                do {
                    let original = try ImageFile.read(dataset.path(ofImage: i, in: images))
                    let shown = original.resized(width: 2 * side, height: 2 * side, filter: .bilinear)
                    let image = normalization([shown]).to(backbone.device)
                    let map = RegionMap(withoutGrad { backbone.lastFeatureMap(image, .evaluate).to(.cpu) }, grid: 2 * grid)
                    let region = map.region(
                        x: (box.x + box.width / 2) / Double(original.width), y: (box.y + box.height / 2) / Double(original.height))
                    return map.similarity(fileName: dataset.images[i].fileName ?? "", region: region)
                } catch {
                    StandardError.line("\(error); its region similarity is left out")
                    return nil
                }
            }
    }

    private static func largestObject(_ dataset: Dataset, _ image: Int) -> Box? {
        dataset.annotations(ofImage: image).map(Int.init).filter { !dataset.isCrowd[$0] }.map { dataset.boxes[$0] }.filter { !$0.x.isNaN }
            .max { $0.width * $0.height < $1.width * $1.height }
    }
}
