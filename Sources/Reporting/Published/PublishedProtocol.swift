import Runs
import Support

/// A way of fine-tuning that others published figures of: Mask R-CNN with a ResNet-50 on COCO 2017, nothing frozen and batch
/// normalisation synchronised, which differs from those of weights with frozen normalisation by more than pretraining does.
enum PublishedProtocol: CaseIterable {
    /// C4, 90k iterations (MoCo, arXiv 1911.05722, section 4.2).
    case c4
    /// The same with 180k.
    case c4Twice
    /// FPN, 90k iterations: normalised in the pyramid, and not in the heads, which are Detectron2's.
    case fpn
    /// FPN, 90k iterations, a box head of four convolutions and one fully connected layer, all heads normalised (PyContrast, PixPro).
    case fpnConvolutions

    var title: String {
        switch self {
        case .c4: "Mask R-CNN, R50-C4, 1x"
        case .c4Twice: "Mask R-CNN, R50-C4, 2x"
        case .fpn: "Mask R-CNN, R50-FPN, 1x, standard heads"
        case .fpnConvolutions: "Mask R-CNN, R50-FPN, 1x, box head of 4 convolutions and 1 layer, normalised heads"
        }
    }

    /// Settings of a run, as its recipe names them, that must be these.
    private var settings: [(name: String, value: JSON)] {
        let common: [(name: String, value: JSON)] = [
            ("dataset.kind", "coco"), ("dataset.train_annotations", "annotations/instances_train2017.json"),
            ("dataset.val_annotations", "annotations/instances_val2017.json"), ("detection.train_fraction", 1),
            ("detection.backbone", "r50"), ("detection.width", 64), ("detection.normalization", "sync_bn"),
            ("detection.freeze_at", 0), ("detection.masks", true), ("detection.batch", 16),
            ("detection.min_size_test", 800), ("detection.max_size", 1333),
        ]
        func schedule(_ iterations: Int) -> [(name: String, value: JSON)] {
            [
                ("detection.iterations", .int(iterations)),
                ("detection.milestones", .array([.int(iterations * 2 / 3), .int(iterations * 8 / 9)])),
            ]
        }
        let c4: [(name: String, value: JSON)] = [("detection.design", "c4"), ("detection.res5_norm", true)]
        let fpn: [(name: String, value: JSON)] = [("detection.design", "fpn"), ("detection.neck_norm", true)]
        return switch self {
        case .c4: common + schedule(90_000) + c4
        case .c4Twice: common + schedule(180_000) + c4
        case .fpn:
            common + schedule(90_000) + fpn
                + [("detection.box_convolutions", 0), ("detection.box_layers", 2), ("detection.mask_head_norm", false)]
        case .fpnConvolutions:
            common + schedule(90_000) + fpn
                + [
                    ("detection.box_convolutions", 4), ("detection.box_layers", 1), ("detection.box_head_norm", true),
                    ("detection.mask_head_norm", true),
                ]
        }
    }

    /// What one key decided together in older recipes: every normalisation outside of the backbone.
    private static let extraNorms: Set = [
        "detection.res5_norm", "detection.neck_norm", "detection.box_head_norm", "detection.mask_head_norm",
    ]

    /// That of runs which were all fine-tuned by it; nil where they were not, or by none.
    init?(_ runs: [RunRecord]) {
        guard !runs.isEmpty else { return nil }
        let all = runs.map { run in Dictionary(run.file.description.settings.map { ($0.name, $0.value) }) { $1 } }
        let fitting = Self.allCases.first { known in
            known.settings.allSatisfy { name, value in
                all.allSatisfy { settings in
                    let older = Self.extraNorms.contains(name) ? settings["detection.extra_norm"] : nil
                    guard let own = settings[name] ?? older else { return false }
                    return value.double.map { $0 == own.double } ?? (value == own)
                }
            }
        }
        guard let fitting else { return nil }
        self = fitting
    }
}
