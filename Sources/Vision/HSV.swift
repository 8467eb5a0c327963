/// Colours by hue, saturation and value, each a whole number in 0 ... 255, as Pillow's mode HSV keeps them.
///
/// Pillow computes with floats and doubles in turns. These formulas, in floats and without branches, give the same bytes
/// for each of the 2²⁴ colours, both ways.
struct HSV {
    var hue: Lanes
    var saturation: Lanes
    var value: Lanes

    @inline(__always)
    init(red: Lanes, green: Lanes, blue: Lanes) {
        let most = red.greater(green).greater(blue)
        let least = red.less(green).less(blue)
        let range = most - least
        // How far the middle channel is from the greatest, 0 to 1.
        let middle = (most - (red + green + blue - most - least)) / range.replacing(with: 1, where: range .== 0)
        // In sixths of a turn; each channel is the greatest in a third, the middle one on either side.
        let atRed = (middle - 1).replacing(with: 1 - middle, where: blue .== least)
        let atGreen = (3 - middle).replacing(with: 1 + middle, where: blue .== least)
        let atBlue = (5 - middle).replacing(with: 3 + middle, where: red .== least)
        let sixths = atBlue.replacing(with: atGreen, where: green .== most).replacing(with: atRed, where: red .== most)
        let turn = (sixths / 6).replacing(with: sixths / 6 + 1, where: sixths .< 0)
        hue = (turn * 255).floor.replacing(with: 0, where: range .== 0)
        saturation = (range / most.replacing(with: 1, where: most .== 0) * 255).floor
        value = most
    }

    @inline(__always)
    func rgb() -> (Lanes, Lanes, Lanes) {
        let place = hue * 6
        let turned = (place / 255).floor
        let part = (place - turned * 255) / 255
        // Sector 6, at the hue of 255, is sector 0 again.
        let sector = turned.replacing(with: 0, where: turned .== 6)
        let amount = saturation / 255
        let low = (value * (1 - amount) + 0.5).floor
        let falling = (value * (1 - amount * part) + 0.5).floor
        let rising = (value * (1 - amount * (1 - part)) + 0.5).floor
        let red = value.replacing(with: falling, where: sector .== 1).replacing(with: rising, where: sector .== 4)
            .replacing(with: low, where: (sector .== 2) .| (sector .== 3))
        let green = value.replacing(with: falling, where: sector .== 3).replacing(with: rising, where: sector .== 0)
            .replacing(with: low, where: sector .> 3)
        let blue = value.replacing(with: falling, where: sector .== 5).replacing(with: rising, where: sector .== 2)
            .replacing(with: low, where: sector .< 2)
        return (red, green, blue)
    }
}
