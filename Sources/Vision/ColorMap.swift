/// Colours for numbers from 0 to 1: equal steps of a number look like equal steps, to the colour-blind and in grey too.
public enum ColorMap {
    /// Nine places of viridis, by Nathaniel Smith and Stéfan van der Walt (CC0), a straight line between neighbours.
    private static let viridis: [SIMD3<Double>] = [
        [68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99], [170, 220, 50],
        [253, 231, 37],
    ]

    /// The colour of a number; what lies outside of 0 ... 1 has the nearest end's, NaN the lowest.
    public static func viridis(_ value: Double) -> Color {
        let place = (value > 0 ? min(value, 1) : 0) * Double(viridis.count - 1)
        let index = min(Int(place), viridis.count - 2)
        let mixed = viridis[index] + (viridis[index + 1] - viridis[index]) * (place - Double(index))
        return Color(red: UInt8(mixed.x.rounded()), green: UInt8(mixed.y.rounded()), blue: UInt8(mixed.z.rounded()))
    }
}
