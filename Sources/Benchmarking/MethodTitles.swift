import Pretraining
import Runs

/// What readers call a recipe's rows and their losses, and which of them are compared: as the table of methods has it.
enum MethodTitles {
    /// Of a method; nil for one with nothing but its name.
    static func title(_ method: String) -> String? {
        method == Recipe.scratch ? "training from scratch" : Methods.all.first { $0.word == method }?.title
    }

    /// Of fine-tuning's losses by their names in metrics.jsonl, in the order in which they are shown.
    static let detection: [(name: String, title: String)] = [
        ("loss", "all losses"), ("loss_cls", "classes"), ("loss_box_reg", "boxes"), ("loss_mask", "masks"),
    ]

    /// What a recipe's methods are compared with, and what the finding is about: as it says, or else as the table of methods has it,
    /// or the first and the last. The candidate is nil where there is but one method.
    static func comparison(of methods: [String], baseline: String?, candidate: String?) -> (baseline: String?, candidate: String?) {
        let (standard, subject) = (Methods.baseline.word, Methods.candidate.word)
        let usual = candidate ?? (methods.contains(subject) && baseline != subject ? subject : nil)
        let others = methods.filter { $0 != usual }
        guard let base = baseline ?? (others.contains(standard) ? standard : others.first) else { return (methods.first, nil) }
        return (base, usual ?? methods.last { $0 != base })
    }
}
