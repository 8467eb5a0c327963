import Foundation
import NN
import Support
import TestSupport
import Testing
import Torch

@Suite struct SafeTensorsTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID())").path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    @Test func everyTypeSurvives() throws {
        var dict = StateDict()
        for dtype in DType.allCases { dict["\(dtype)"] = Tensor([1, 0, 1, 1, 0, 1], [2, 3]).to(dtype) }
        dict["scalar"] = Tensor(scalar: 3)
        dict["empty"] = Tensor.zeros([0, 4])
        dict["channels_last"] = sines(0, [2, 3, 4, 5], 1).contiguous(.channelsLast)
        let path = folder + "/a.safetensors"
        try SafeTensors.write(dict, metadata: ["format": "pt"], to: path)
        let read = try SafeTensors.read(path)
        #expect(read.names.sorted() == dict.names.sorted())
        for name in dict.names {
            let (a, b) = (try #require(dict[name]), try #require(read[name]))
            #expect(a.shape == b.shape && a.dtype == b.dtype)
            #expect(a.to(.float64).array(Double.self) == b.to(.float64).array(Double.self))
        }
        #expect(try SafeTensors.metadata(path) == ["format": "pt"])
    }

    @Test(arguments: [
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4, "cut short"),
        (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "storage has 2 elements"),
        (#"{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}"#, 8, "F99"),
        (#"{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,8]}}"#, 8, "no proper shape"),
        (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#, 8, "no memory"),
        (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "no proper shape"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#, 6, "overlaps"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 9, "no tensor claims"),
        (#"{"a":"#, 8, "malformed"),
    ])
    func filesThatLieAreRefused(_ header: String, _ byteCount: Int, _ reason: String) throws {
        let path = folder + "/\(UUID()).safetensors"
        var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init)
        bytes += Array(header.utf8) + Array(repeating: 0, count: byteCount)
        try AtomicFile.write(bytes, to: path)
        #expect {
            try SafeTensors.read(path)
        } throws: { "\($0)".contains(reason) && "\($0)".contains(path) }
    }

    @Test func anImpossibleHeaderLengthIsRefused() throws {
        let path = folder + "/b.safetensors"
        try AtomicFile.write(Array(repeating: 0xFF, count: 100), to: path)
        #expect(throws: UserError.self) { try SafeTensors.read(path) }
    }

    @Test func otherShapesAreNamedAndChangeNothing() throws {
        let small = Linear(2, 3, using: Generator(seed: 0)), large = Linear(2, 4, using: Generator(seed: 1))
        let before = small.weight.floats
        #expect {
            try small.load(large.stateDict, file: "w.safetensors")
        } throws: { "\($0)".contains("[4, 2]") && "\($0)".contains("[3, 2]") && "\($0)".contains("w.safetensors") }
        #expect {
            try small.load(StateDict())
        } throws: { "\($0)".contains("weight") }
        #expect(small.weight.floats == before)
    }

    @Test func pythonsFileIsRead() throws {
        let golden = try SafeTensors.read(fixture("optimizers.safetensors"))
        #expect(golden["sgd_weight"]?.shape == [4, 6])
    }
}
