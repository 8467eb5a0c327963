import Support

extension Dataset {
    /// The polygons of an annotation, each x₀, y₀, x₁, y₁, … in pixels; none where its mask is written as runs, or missing.
    public func polygons(of annotation: Int) -> [[Double]] { objects.masks.polygons(annotation) }

    /// The mask of an annotation in its image; nil where the file gives none.
    ///
    /// - Throws: `UserError` naming the annotation when its image has no size, or its run lengths are not those of a mask of it.
    public func mask(of annotation: Int) throws -> RLE? {
        guard hasMask(annotation) else { return nil }
        let image = images[Int(imageIndices[annotation])]
        do throws(UserError) {
            guard let height = image.height, let width = image.width else {
                throw UserError("is of image \(names[image.id]), which has no width and height")
            }
            return try objects.masks.mask(annotation, height: height, width: width)
        } catch {
            throw UserError(
                error.problem, file: file, at: "annotation \(names[objects.ids[annotation]])", remedy: "write it again")
        }
    }

    /// Whether the file gives a mask of an annotation.
    public func hasMask(_ annotation: Int) -> Bool { objects.masks.kind(annotation).isMask }

    /// Whether the file gives any masks.
    public var hasMasks: Bool { (0..<annotationCount).contains(where: hasMask) }

    /// Whether an annotation's mask is written as run lengths, as crowds are.
    public func hasRuns(_ annotation: Int) -> Bool {
        [.counts, .compressed].contains(objects.masks.kind(annotation))
    }
}
