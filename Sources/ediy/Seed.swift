import ArgumentParser

/// A seed as recipes and run.json can hold it: 0 to 2⁶³ − 1.
struct Seed: ExpressibleByArgument {
    let value: UInt64

    init?(argument: String) {
        guard let value = Int64(argument), value >= 0 else { return nil }
        self.value = UInt64(value)
    }

    init(_ value: UInt64) { self.value = value }

    var defaultValueDescription: String { "\(value)" }
}
