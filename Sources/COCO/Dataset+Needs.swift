import Support

extension Dataset {
    /// What a file may lack, and only some uses of it need.
    public enum Need: Sendable {
        case imageSizes, fileNames
        case boxes, areas, masks
    }

    /// The path of an image's file.
    ///
    /// - Parameters:
    ///   - image: its place in the dataset.
    ///   - folder: of the dataset's images.
    /// - Throws: `UserError` where the annotation file gives no name.
    public func path(ofImage image: Int, in folder: String) throws -> String {
        guard let path = images[image].path(in: folder) else {
            throw UserError("has no file_name", file: file, at: "image \(names[images[image].id])", remedy: "add it")
        }
        return path
    }

    /// Checks that what is needed is there.
    ///
    /// - Parameters:
    ///   - purpose: what needs it, as the error says it: "--iou segm".
    ///   - counts: whether an annotation must have it, by its place; all without it. Images must all have it.
    /// - Throws: `UserError` with the number of those that lack it, and the first.
    public func require(_ need: Need, for purpose: String, where counts: (Int) -> Bool = { _ in true }) throws {
        let (what, lacking, all, remedy): (String, [String], Int, String)
        func inImages(_ isMissing: (ImageInfo) -> Bool) -> [String] {
            images.filter(isMissing).map { "image \(names[$0.id])" }
        }
        func inAnnotations(_ isMissing: (Int) -> Bool) -> [String] {
            (0..<annotationCount).filter { isMissing($0) && counts($0) }.map { "annotation \(names[objects.ids[$0]])" }
        }
        switch need {
        case .imageSizes:
            (what, remedy) = ("images without width and height", "add them: the pixels of each file")
            (lacking, all) = (inImages { $0.width == nil || $0.height == nil }, images.count)
        case .fileNames:
            (what, remedy) = ("images without file_name", "add it: the path of each file below the folder of images")
            (lacking, all) = (inImages { $0.fileName == nil }, images.count)
        case .boxes:
            (what, remedy) = ("annotations without bbox", "add it: x, y, width, height")
            (lacking, all) = (inAnnotations { !objects.hasBox[$0] }, annotationCount)
        case .areas:
            (what, remedy) = ("annotations without area", "add it: the pixels of its mask, or of its box")
            (lacking, all) = (inAnnotations { objects.areas[$0].isNaN }, annotationCount)
        case .masks:
            (what, remedy) = ("annotations without a mask", "add segmentation, or do without masks")
            (lacking, all) = (inAnnotations { !hasMask($0) }, annotationCount)
        }
        guard let first = lacking.first else { return }
        throw UserError("\(purpose) cannot do with \(what): \(lacking.count) of \(all), the first \(first)", file: file, remedy: remedy)
    }
}
