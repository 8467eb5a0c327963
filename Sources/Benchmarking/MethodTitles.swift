import Pretraining
import Runs

/// What readers call the methods and their losses.
enum MethodTitles {
    /// Of a method; nil for one with nothing but its name.
    static func title(_ method: String) -> String? {
        switch method {
        case Recipe.scratch: "training from scratch"
        case PretrainingMethodName.byol.rawValue: "BYOL"
        case PretrainingMethodName.eDIY.rawValue: "E-DIY"
        default: nil
        }
    }

    /// Of pretraining's losses by their names in metrics.jsonl, in the order in which they are shown.
    static func losses(of method: PretrainingMethodName) -> [(name: String, title: String)] {
        let byol = [("loss_byol", "BYOL's loss")]
        return switch method {
        case .byol: byol
        case .eDIY: byol + [("loss_invariance", "invariance"), ("loss_diversity", "diversity")]
        }
    }

    /// Of fine-tuning's.
    static let detection: [(name: String, title: String)] = [
        ("loss", "all losses"), ("loss_cls", "classes"), ("loss_box_reg", "boxes"), ("loss_mask", "masks"),
    ]

    /// What a recipe's methods are compared with, and what the finding is about: as it says, or else BYOL, or the first, and E-DIY, or
    /// the last. The candidate is nil where there is but one method.
    static func comparison(of methods: [String], baseline: String?, candidate: String?) -> (baseline: String?, candidate: String?) {
        let byol = PretrainingMethodName.byol.rawValue, eDIY = PretrainingMethodName.eDIY.rawValue
        let usual = candidate ?? (methods.contains(eDIY) && baseline != eDIY ? eDIY : nil)
        let others = methods.filter { $0 != usual }
        guard let base = baseline ?? (others.contains(byol) ? byol : others.first) else { return (methods.first, nil) }
        return (base, usual ?? methods.last { $0 != base })
    }
}
