import COCO
import Foundation
import Support
import Vision

extension DatasetCheck.ImageFile {
    /// Looks at a file.
    ///
    /// - Parameter decodes: whether every pixel is read, so that damage behind the header is found too.
    public init(lookingAt path: String, decodes: Bool) {
        guard FileManager.default.fileExists(atPath: path) else {
            self = .missing
            return
        }
        do {
            let file = try decodes ? ImageFile(reading: path) : ImageFile.header(of: path)
            if decodes { _ = try file.decoded() }
            self = .size(width: file.width, height: file.height, isTurned: file.isTurned)
        } catch let error as UserError {
            self = .unreadable(reason: error.problem)
        } catch {
            self = .unreadable(reason: "\(error)")
        }
    }
}
