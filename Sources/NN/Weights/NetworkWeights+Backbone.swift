extension NetworkWeights {
    /// The backbone whose weights these are; nil for one that this suite does not have.
    ///
    /// - Parameter stem: the shape of its first convolution's weight.
    public func backboneOptions(stem: [Int]) -> (any BackboneOptions)? {
        depth.map { ResNetOptions($0, width: stem[0], strideIn1x1: convention.strideIn1x1) }
    }
}
