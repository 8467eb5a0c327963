import Support

/// Images in a folder for each class, DIR/CLASS/….jpg, as ImageNet's. Classes are numbered in the order of their names.
public struct ClassFolder: Sendable {
    public let images: ImageFolder
    public let classes: [String]
    /// By image.
    public let labels: [Int]

    /// - Throws: `UserError` when images lie beside the folders, or there are fewer than two of these.
    public init(_ folder: String) throws {
        let images = try ImageFolder(folder)
        guard let labelled = ClassFolder(images) else {
            throw UserError(
                "is not a folder for each class", file: folder, remedy: "put the images in DIR/CLASS/, two classes or more")
        }
        self = labelled
    }

    /// Nil where the folder's images are not in a folder for each class.
    public init?(_ images: ImageFolder) {
        let names = images.names
        // The images of a class lie behind one another: paths are sorted.
        var found: [String] = []
        var labels: [Int] = []
        labels.reserveCapacity(names.count)
        var current: [UInt8] = []
        for i in 0..<names.count {
            guard let top = names.topFolder(of: i) else { return nil }
            if found.isEmpty || !top.elementsEqual(current) {
                current = Array(top)
                found.append(String(decoding: top, as: UTF8.self))
            }
            labels.append(found.count - 1)
        }
        guard found.count > 1 else { return nil }
        classes = found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let numbers = Dictionary(classes.enumerated().map { ($1, $0) }) { $1 }
        let renumbered = found.map { numbers[$0] ?? 0 }
        self.labels = labels.map { renumbered[$0] }
        self.images = images
    }

    /// Images of each class.
    public var counts: [Int] {
        labels.reduce(into: [Int](repeating: 0, count: classes.count)) { $0[$1] += 1 }
    }
}
