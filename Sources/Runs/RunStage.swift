/// What a run does.
public enum RunStage: String, Sendable, CaseIterable {
    case pretrain
    case finetune
    /// A linear classifier on a backbone that stays as it is.
    case linear

    /// What readers call it.
    public var title: String {
        switch self {
        case .pretrain: "pretraining"
        case .finetune: "fine-tuning"
        case .linear: "linear evaluation"
        }
    }
}

/// How a run stands.
public enum RunStatus: String, Sendable, CaseIterable {
    case running
    /// By a signal, after a checkpoint.
    case stopped
    case finished
}
