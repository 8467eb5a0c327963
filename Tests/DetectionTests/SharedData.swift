import Foundation

/// Data beside the repository, for tests that are skipped where it is not.
private let shared = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../shared/data").standardized.path

let cocoMini = "\(shared)/coco-mini"
let detectron2Golden = "\(shared)/detectron2-golden"
