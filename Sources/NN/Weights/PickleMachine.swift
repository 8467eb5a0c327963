import Support
import Torch

/// Reads a pickle without running anything: it knows the callables of `PickleCallable` as descriptions of data, and refuses
/// every other one by name. Source of the instructions: Python's `pickletools`.
struct PickleMachine {
    /// A checkpoint with its optimizer has some ten thousand.
    static let maximumInstructions = 4_000_000

    let file: MappedFile
    let end: Int
    var place: Int
    var pickle = Pickle()
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]

    /// The pickle that begins at `range.lowerBound` and ends by itself inside of `range`.
    ///
    /// - Throws: `UserError` naming the byte of what is malformed, or the callable that is refused.
    static func read(_ file: MappedFile, _ range: Range<Int>) throws -> Pickle {
        var machine = PickleMachine(file, range)
        return try machine.run()
    }

    private init(_ file: MappedFile, _ range: Range<Int>) {
        self.file = file
        place = range.lowerBound
        end = range.upperBound
    }

    private mutating func run() throws -> Pickle {
        for _ in 0..<Self.maximumInstructions {
            if try step() {
                pickle.end = place
                return pickle
            }
        }
        throw fail("the pickle has more than \(Self.maximumInstructions) instructions, which no weights need")
    }

    func fail(_ problem: String, remedy: String = "get or write it again") -> UserError {
        file.error(problem, at: "byte \(place)", remedy: remedy)
    }

    // MARK: - Instructions

    /// - Returns: whether it was the last one.
    private mutating func step() throws -> Bool {
        let opcode = UInt8(try number(1))
        switch opcode {
        case 0x80:  // PROTO
            let version = try number(1)
            guard version <= 5 else { throw fail("the pickle has the protocol \(version), which is not known") }
        case 0x95: _ = try take(8)  // FRAME
        case UInt8(ascii: "."):
            pickle.root = try pop()
            return true
        case UInt8(ascii: "("): marks.append(stack.count); stack.append(.mark)
        case UInt8(ascii: "0"): _ = try pop()
        case UInt8(ascii: "1"): _ = try popToMark()
        case UInt8(ascii: "2"): stack.append(try top())
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.bool(true))
        case 0x89: stack.append(.bool(false))
        default:
            if try !pushNumber(opcode), try !pushText(opcode), try !build(opcode), try !remember(opcode) {
                try call(opcode)
            }
        }
        return false
    }

    private mutating func pushNumber(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: "J"): stack.append(.int(Int(Int32(truncatingIfNeeded: try number(4)))))
        case UInt8(ascii: "K"): stack.append(.int(try number(1)))
        case UInt8(ascii: "M"): stack.append(.int(try number(2)))
        case UInt8(ascii: "G"):
            let bits = try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64(file.bytes[$1]) }
            stack.append(.double(Double(bitPattern: bits)))
        case 0x8A: try pushLong(try take(try number(1)))
        case 0x8B: try pushLong(try take(try length(4)))
        case UInt8(ascii: "I"):
            let text = try line()
            guard let value = Int(text) else { throw fail("expected a number") }
            // How the first protocols write true and false.
            stack.append(text == "01" ? .bool(true) : text == "00" ? .bool(false) : .int(value))
        case UInt8(ascii: "L"):
            let text = try line()
            stack.append(Int(text.hasSuffix("L") ? String(text.dropLast()) : text).map { .int($0) } ?? .opaque("int"))
        case UInt8(ascii: "F"):
            guard let value = Double(try line()) else { throw fail("expected a number") }
            stack.append(.double(value))
        default: return false
        }
        return true
    }

    private mutating func pushText(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: "X"): stack.append(.text(try take(try length(4))))
        case 0x8C: stack.append(.text(try take(try number(1))))
        case 0x8D: stack.append(.text(try take(try length(8))))
        case UInt8(ascii: "B"), UInt8(ascii: "T"): stack.append(.bytes(.plain(try take(try length(4)))))
        case UInt8(ascii: "C"), UInt8(ascii: "U"): stack.append(.bytes(.plain(try take(try number(1)))))
        case 0x8E, 0x96: stack.append(.bytes(.plain(try take(try length(8)))))
        case 0x98: _ = try top()  // READONLY_BUFFER
        case UInt8(ascii: "S"), UInt8(ascii: "V"):
            throw fail("the pickle is of protocol 0", remedy: "write it again with pickle.dump(…, protocol=2)")
        default: return false
        }
        return true
    }

    private mutating func build(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: ")"): stack.append(pickle.tuple([]))
        case UInt8(ascii: "t"): stack.append(pickle.tuple(try popToMark()))
        case 0x85: stack.append(pickle.tuple(try pop(1)))
        case 0x86: stack.append(pickle.tuple(try pop(2)))
        case 0x87: stack.append(pickle.tuple(try pop(3)))
        case UInt8(ascii: "]"): stack.append(pickle.list([]))
        case UInt8(ascii: "l"): stack.append(pickle.list(try popToMark()))
        case UInt8(ascii: "a"): let items = try pop(1); try extend(items)
        case UInt8(ascii: "e"): let items = try popToMark(); try extend(items)
        case UInt8(ascii: "}"): stack.append(pickle.dict())
        case UInt8(ascii: "d"): let items = try popToMark(); stack.append(pickle.dict(try pairs(items)))
        case UInt8(ascii: "s"): let items = try pop(2); try update(items)
        case UInt8(ascii: "u"): let items = try popToMark(); try update(items)
        case 0x8F: stack.append(.opaque("set"))
        case 0x90: _ = try popToMark(); _ = try top()
        case 0x91: _ = try popToMark(); stack.append(.opaque("frozenset"))
        default: return false
        }
        return true
    }

    private mutating func remember(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: "q"): memo[try number(1)] = try top()
        case UInt8(ascii: "r"): memo[try number(4)] = try top()
        case 0x94: memo[memo.count] = try top()
        case UInt8(ascii: "p"): memo[try index()] = try top()
        case UInt8(ascii: "h"): stack.append(try recall(try number(1)))
        case UInt8(ascii: "j"): stack.append(try recall(try number(4)))
        case UInt8(ascii: "g"): stack.append(try recall(try index()))
        default: return false
        }
        return true
    }

    private mutating func call(_ opcode: UInt8) throws {
        switch opcode {
        case UInt8(ascii: "c"):
            let module = try line()
            stack.append(try callable(module, try line()))
        case 0x93:  // STACK_GLOBAL
            let names = try pop(2).map { $0.string(in: file) }
            guard let module = names[0], let name = names[1] else { throw fail("asks for something without a name") }
            stack.append(try callable(module, name))
        case UInt8(ascii: "R"), 0x81:  // REDUCE, NEWOBJ
            let parts = try pop(2)
            guard case .callable(let callable) = parts[0], let arguments = pickle.members(parts[1]) else {
                throw fail("calls what is no function")
            }
            stack.append(try result(of: callable, arguments))
        case 0x92:  // NEWOBJ_EX
            guard case .callable(.plainObject(let name)) = try pop(3)[0] else { throw fail("makes an object of an unknown kind") }
            stack.append(object(name))
        case UInt8(ascii: "b"):  // BUILD
            let parts = try pop(2)
            stack.append(try built(parts[0], state: parts[1]))
        case UInt8(ascii: "Q"):  // BINPERSID
            stack.append(try storage(try pop()))
        case UInt8(ascii: "i"):
            let module = try line()
            throw refusal("\(module).\(try line())")
        case UInt8(ascii: "o"):
            guard case .callable(let callable)? = try popToMark().first else { throw fail("calls what is no function") }
            throw refusal("\(callable)")
        case 0x82, 0x83, 0x84: throw refusal("an extension that is registered by number")
        case 0x97: throw fail("keeps a part of its data in another place", remedy: "write it again without buffer_callback")
        default: throw fail("has the byte \(opcode) where an instruction of a pickle should stand")
        }
    }

    // MARK: - Stack

    private func top() throws -> PickleValue {
        guard let top = stack.last else { throw fail("the pickle takes more than it has") }
        if case .mark = top { throw fail("the pickle takes more than it has") }
        return top
    }

    private mutating func pop() throws -> PickleValue {
        let value = try top()
        stack.removeLast()
        return value
    }

    private mutating func pop(_ count: Int) throws -> [PickleValue] {
        var values: [PickleValue] = []
        for _ in 0..<count { values.append(try pop()) }
        return values.reversed()
    }

    private mutating func popToMark() throws -> [PickleValue] {
        guard let mark = marks.popLast(), mark < stack.count else { throw fail("the pickle takes more than it has") }
        let values = Array(stack[(mark + 1)...])
        stack.removeSubrange(mark...)
        return values
    }

    private mutating func extend(_ items: [PickleValue]) throws {
        switch try top() {
        case .list(let i): pickle.lists[i] += items
        case .opaque: break
        default: throw fail("appends to what is no list")
        }
    }

    private mutating func update(_ items: [PickleValue]) throws {
        let pairs = try self.pairs(items)
        switch try top() {
        case .dict(let i): pickle.dicts[i] += pairs
        case .opaque: break
        default: throw fail("puts a key into what is no dictionary")
        }
    }

    private func pairs(_ items: [PickleValue]) throws -> [(key: PickleValue, value: PickleValue)] {
        guard items.count % 2 == 0 else { throw fail("has a key without a value") }
        return stride(from: 0, to: items.count, by: 2).map { (items[$0], items[$0 + 1]) }
    }

    private func recall(_ index: Int) throws -> PickleValue {
        guard let value = memo[index] else { throw fail("recalls what was not remembered") }
        return value
    }

    // MARK: - Bytes

    private mutating func take(_ count: Int) throws -> Range<Int> {
        guard count <= end - place else { throw fail("ends early: \(count) bytes should follow, and there are \(end - place)") }
        defer { place += count }
        return place..<place + count
    }

    /// A number of at most 4 bytes.
    private mutating func number(_ size: Int) throws -> Int {
        try take(size).reversed().reduce(0) { $0 << 8 | Int(file.bytes[$1]) }
    }

    /// A count of bytes that must be there.
    private mutating func length(_ size: Int) throws -> Int {
        let value = try take(size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(file.bytes[$1]) }
        guard value <= UInt64(end - place) else {
            throw fail("ends early: \(value) bytes should follow, and there are \(end - place)")
        }
        return Int(value)
    }

    private mutating func pushLong(_ range: Range<Int>) throws {
        guard range.count <= 8 else { return stack.append(.opaque("int")) }
        let negative = range.last.map { file.bytes[$0] >= 0x80 } ?? false
        let bits = range.reversed().reduce(negative ? UInt64.max : 0) { $0 << 8 | UInt64(file.bytes[$1]) }
        stack.append(.int(Int(truncatingIfNeeded: bits)))
    }

    private mutating func line() throws -> String {
        let limit = min(end, place + 1024)
        guard let newline = file.bytes[place..<limit].firstIndex(of: UInt8(ascii: "\n")) else { throw fail("ends in a name") }
        defer { place = newline + 1 }
        return file.text(place..<newline)
    }

    private mutating func index() throws -> Int {
        guard let index = Int(try line()), index >= 0 else { throw fail("expected a number") }
        return index
    }
}
