import Foundation
import Support
import Vision

/// The images of a dataset by number, and the order that an epoch takes them in. Calls may come from any thread.
public protocol ImageSource: Sendable {
    var count: Int { get }

    /// What messages call an image: its path.
    func name(_ index: Int) -> String

    /// An image with its header read.
    ///
    /// - Throws: `UserError` when it cannot be read or is no image.
    func image(_ index: Int) throws -> ImageFile

    /// All images in the order of an epoch, drawn from (seed, epoch).
    func order(seed: UInt64, epoch: Int) -> [Int32]

    /// Says that an epoch's images from `places` of its order will soon be asked for.
    func prepare(_ places: Range<Int>, seed: UInt64, epoch: Int)
}

extension ImageSource {
    public func order(seed: UInt64, epoch: Int) -> [Int32] { EpochSampler.permutation(count, seed: seed, epoch: epoch) }

    public func prepare(_ places: Range<Int>, seed: UInt64, epoch: Int) {}
}

/// The images that a path names: a folder, tar shards (`shard-{000000..000146}.tar`), or else a text file of paths.
///
/// - Throws: `UserError` when it names nothing, or nothing with images.
public func openImages(_ path: String) throws -> any ImageSource {
    if path.hasSuffix(".tar") { return try TarShards(path) }
    if path.hasSuffix(".tar.gz") || path.hasSuffix(".tgz") {
        throw UserError("is packed by gzip, and shards are read in place", file: path, remedy: "unpack it first, with gunzip")
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw UserError(
            "cannot be read", file: path,
            remedy: "name a folder of images, a text file of their paths, or tar shards: shard-{000..146}.tar")
    }
    return isFolder.boolValue ? try ImageFolder(path) : try ImageList(path)
}
