import Torch

/// How views go through a network: each by itself, as in the authors' code, so that batch statistics are those of one
/// view; or all in one pass, as one batch, whose statistics are those of all. The numbers are others
/// then: a view is normalised with the other's brightness and blur in its mean and variance. A pass has twice the rows, which
/// fills a GPU better where a batch is small.
struct ViewPasses {
    let together: Bool

    /// - Parameter views: of one shape, (N, …).
    func callAsFunction(_ views: [Tensor], _ network: (Tensor) -> Tensor) -> [Tensor] {
        guard together else { return views.map(network) }
        let rows = views[0].size(0)
        let whole = network(.concatenated(views))
        return views.indices.map { whole.narrowed(0, $0 * rows..<($0 + 1) * rows) }
    }
}
