import Foundation
import NN
import Support
import TestSupport
import Testing
import Torch

/// Files that `make_weights.py` made with PyTorch and numpy, and files that lie.
@Suite struct WeightFileTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID())").path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func write(_ bytes: [UInt8], _ name: String = "file") throws -> String {
        let path = "\(folder)/\(UUID())-\(name)"
        try AtomicFile.write(bytes, to: path)
        return path
    }

    /// The error's line; empty where there is none.
    private func complaint(_ bytes: [UInt8]) throws -> String {
        let path = try write(bytes)
        do {
            _ = try WeightFile(path)
            return ""
        } catch let error as UserError {
            #expect("\(error)".contains(path))
            return "\(error)"
        }
    }

    private func expectSame(_ found: WeightFile.Section, _ expected: StateDict, but missing: Set<String> = []) throws {
        let tensors = Dictionary(found.tensors.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        for name in expected.names where !missing.contains(name) {
            let (a, b) = (try #require(tensors[name], "\(name)"), try #require(expected[name]))
            #expect(a.shape == b.shape && a.dtype == b.dtype, "\(name)")
            #expect(a.tensor().to(.float64).array(Double.self) == b.to(.float64).array(Double.self), "\(name)")
        }
    }

    @Test(arguments: [
        ("weights-zip.pth", WeightFile.Format.torchZip, "state_dict"), ("weights-stream.pth", .torchStream, "state_dict"),
        ("weights-bare.pth", .torchZip, ""), ("weights.safetensors", .safetensors, ""), ("weights-protocol2.pkl", .pickle, "model"),
        ("weights-protocol3.pkl", .pickle, "model"), ("weights-protocol4.pkl", .pickle, "model"),
        ("weights-protocol5.pkl", .pickle, "model"),
    ])
    func whatPythonWroteIsRead(_ name: String, _ format: WeightFile.Format, _ section: String) throws {
        let file = try WeightFile(fixture(name))
        #expect(file.format == format && file.main.name == section)
        let expected = try SafeTensors.read(fixture("weights.safetensors"))
        try expectSame(file.main, expected, but: format == .pickle ? ["bfloat16"] : [])
        if format == .pickle {
            let fortran = try #require(file.main.tensors.first { $0.name == "fortran" })
            #expect(fortran.tensor().floats == expected["float32"]?.floats)
            #expect(file.notes.contains { $0.name == "__author__" && $0.value == "make_weights" })
        }
    }

    @Test(arguments: ["weights-zip.pth", "weights-stream.pth"])
    func whatIsNoWeightStopsNothing(_ name: String) throws {
        let file = try WeightFile(fixture(name))
        #expect(file.notes.first { $0.name == "epoch" }?.value == "7")
        #expect(file.notes.first { $0.name == "best_acc1" }?.value == "0.5")
        #expect(file.sections.first { $0.name == "optimizer" }?.tensors.count == 2)
        #expect(file.sections.flatMap(\.unread) == ["rng (u4)"])
    }

    @Test(arguments: WeightWriter.Format.allCases, ["weights-bare.pth", "weights-protocol2.pkl"])
    func whatIsWrittenReadsTheSame(_ format: WeightWriter.Format, _ source: String) throws {
        let main = try WeightFile(fixture(source)).main
        let path = "\(folder)/out.\(format.rawValue)"
        let named = main.named.filter { $0.tensor.dtype != .bfloat16 }
        try WeightWriter.write(named, as: format, to: path)
        try expectSame(WeightFile(path).main, SafeTensors.read(fixture("weights.safetensors")), but: ["bfloat16"])
    }

    // MARK: - Strangers

    @Test(arguments: ["weights-zip.pth", "weights-stream.pth", "weights.safetensors", "weights-protocol2.pkl", "weights-protocol5.pkl"])
    func filesThatWereCutShortAreRefused(_ name: String) throws {
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: fixture(name))))
        for length in stride(from: 0, to: whole.count, by: 61) {
            #expect(try !complaint(Array(whole.prefix(length))).isEmpty, "\(length) bytes")
        }
    }

    /// Protocol 2, of instructions that are text.
    private func pickle(_ text: String) -> [UInt8] { [0x80, 2] + text.unicodeScalars.map { UInt8($0.value) } }

    @Test(arguments: [
        ("cos\nsystem\n(X\u{4}\u{0}\u{0}\u{0}truetR.", "os.system"), ("cposix\nsystem\n.", "posix.system"),
        ("c__builtin__\neval\n(X\u{1}\u{0}\u{0}\u{0}1tR.", "__builtin__.eval"), ("cbuiltins\ngetattr\n.", "builtins.getattr"),
        ("csubprocess\nPopen\n)\u{81}.", "subprocess.Popen"), ("(X\u{2}\u{0}\u{0}\u{0}lsios\nsystem\n.", "os.system"),
        ("X\u{2}\u{0}\u{0}\u{0}osX\u{6}\u{0}\u{0}\u{0}system\u{93}.", "os.system"), ("ctorch.hub\nload\n.", "torch.hub.load"),
        ("ctorch.storage\n_load_from_bytes\n.", "torch.storage._load_from_bytes"), ("(ccollections\nOrderedDict\no.", "dictionary"),
        ("\u{82}\u{1}.", "extension"),
    ])
    func whatCallsIsRefusedByName(_ text: String, _ name: String) throws {
        let line = try complaint(pickle(text))
        #expect(line.contains(name) && line.contains("run"), "\(line)")
    }

    private func array(shape: String, type: String = "f4", order: String = "<", data: String = "abcd", isColumnMajor: String = "I00\n")
        -> String
    {
        "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntU\u{1}btR(I1\n\(shape)cnumpy\ndtype\n(U\u{2}\(type)I00\nI01\ntR(I3\nU\u{1}\(order)NNNI-1\nI-1\nI0\ntb\(isColumnMajor)U"
            + String(UnicodeScalar(UInt8(data.utf8.count))) + data + "tb"
    }

    private func model(_ value: String) -> [UInt8] { pickle("}U\u{1}a\(value)s.") }

    @Test func anArrayOfPython2IsRead() throws {
        let file = try WeightFile(write(model(array(shape: "(I2\nI1\nt", type: "u1", data: "\u{1}\u{7}"))))
        #expect(file.main.tensors.map(\.shape) == [[2, 1]] && file.main.tensors[0].tensor().ints == [1, 7])
    }

    /// What a trainer keeps beside the weights, in classes of other packages, as a state, as members or as arguments.
    @Test(arguments: [
        "comegaconf.dictconfig\nDictConfig\n)\u{81}}U\u{1}bK\u{1}sb",
        "cpytorch_lightning.utilities.parsing\nAttributeDict\n)\u{81}(U\u{2}lrK\u{1}u",
        "cmy.project\nConfig\n(K\u{1}tR", "ctorch.nn.modules.loss\nCrossEntropyLoss\n)\u{81}}b", "cmy.project\nList\n)\u{81}(K\u{1}K\u{2}e",
        // A type, by its name in Python 2, as protocol 2 has it.
        "comegaconf.nodes\nAnyNode\n(c__builtin__\nlong\ntR", "cmy.project\nConfig\n",
    ])
    func objectsOfOtherPackagesArePassedOver(_ object: String) throws {
        let text = "}(U\u{5}hyper\(object)U\u{1}w" + array(shape: "(I1\nt") + "u."
        let file = try WeightFile(write(pickle(text)))
        #expect(file.main.tensors.map(\.name) == ["w"] && file.main.tensors[0].byteCount == 4)
        // Alone it is no weights, and to see into it it would have to be run.
        let line = try complaint(pickle(object + "."))
        #expect(line.contains("asks to run") && line.contains("."), "\(line)")
    }

    @Test func whatHidesBesideWeightsIsRefusedByName() throws {
        let line = try complaint(pickle("}(U\u{1}acos\nsystem\n(U\u{4}truetRU\u{1}w" + array(shape: "(I1\nt") + "u."))
        #expect(line.contains("asks to run os.system"), "\(line)")
    }

    @Test func haikusCheckpointsAreNamed() throws {
        let weights = "}U\u{11}net/~/first_layer}U\u{1}w" + array(shape: "(I1\nt") + "ss"
        for text in [weights + ".", "}U\u{5}statecbyol.byol_experiment\n_State\n(\(weights)t\u{81}s."] {
            let line = try complaint(pickle(text))
            #expect(line.contains("Haiku") && !line.contains("PyTorch"), "\(line)")
        }
    }

    // MARK: - Shards

    private func shards(_ names: [String], index: String?) throws -> String {
        let folder = "\(folder)/\(UUID())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (i, name) in names.enumerated() {
            var dict = StateDict()
            dict["t\(i)"] = Tensor([Float(i)], [1])
            try SafeTensors.write(dict, to: "\(folder)/\(name)")
        }
        if let index { try AtomicFile.write(index, to: "\(folder)/model.safetensors.index.json") }
        return folder
    }

    @Test func shardsAreReadByFolderByIndexAndByOneOfThem() throws {
        let names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
        let index = #"{"metadata": {"total_size": 8}, "weight_map": {"t0": "\#(names[0])", "t1": "\#(names[1])"}}"#
        let whole = try shards(names, index: index), bare = try shards(names, index: nil)
        for path in [whole, "\(whole)/model.safetensors.index.json", "\(whole)/\(names[1])", bare, "\(bare)/\(names[0])"] {
            let file = try WeightFile(path)
            #expect(file.main.tensors.map(\.name) == ["t0", "t1"] && file.main.tensors.map { $0.tensor().item } == [0, 1], "\(path)")
        }
        let single = try shards(["model.safetensors"], index: nil)
        #expect(try WeightFile(single).main.tensors.count == 1)
    }

    @Test func shardsThatAreMissingAreNamed() throws {
        let names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
        let index = #"{"weight_map": {"t0": "\#(names[0])", "t1": "\#(names[1])"}}"#
        let half = try shards([names[0]], index: index)
        for path in [half, "\(half)/model.safetensors.index.json", "\(half)/\(names[0])"] {
            #expect { try WeightFile(path) } throws: { "\($0)".contains("\(half)/\(names[1]): is missing") }
        }
        #expect { try WeightFile(shards([], index: nil)) } throws: { "\($0)".contains("folder without model.safetensors") }
        for map in [#"{"t": "../w"}"#, #"{"t": 1}"#, "{}"] {
            let folder = try shards([], index: #"{"weight_map": \#(map)}"#)
            #expect(throws: UserError.self) { try WeightFile(folder) }
        }
        // The same tensor twice.
        let twice = try shards(["model-00001-of-00002.safetensors"], index: nil)
        try FileManager.default.copyItem(atPath: "\(twice)/\(names[0])", toPath: "\(twice)/\(names[1])")
        #expect { try WeightFile(twice) } throws: { "\($0)".contains("t0") && "\($0)".contains("lies in") }
    }

    @Test(arguments: [
        ("(I1000000000\nt", "storage has 1"), ("(I9223372036854775807\nI4\nt", "no memory"), ("(I-1\nt", "no proper shape"),
        ("(I0\nI9223372036854775807\nI9223372036854775807\nt", "no memory"), ("(I2\nt", "storage has 1"), ("(NI1\nt", "proper shape"),
    ])
    func shapesThatLieAreRefused(_ shape: String, _ reason: String) throws {
        #expect(try complaint(model(array(shape: shape))).contains(reason))
        #expect(try !complaint(model(array(shape: shape, isColumnMajor: "I01\n"))).isEmpty)
    }

    @Test func typesThatAreNotReadAreSaid() throws {
        for (type, order) in [("c8", "<"), ("f4", ">")] {
            let file = try WeightFile(write(model(array(shape: "(I1\nt", type: type, order: order))))
            #expect(file.main.unread.count + file.sections.flatMap(\.unread).count > 0)
        }
    }

    @Test(arguments: [
        ("]\u{94}h\u{0}a.", "nests"),  // a list that holds itself
        ("h\u{5}.", "not remembered"), ("t.", "takes more"), ("(.", "takes more"), ("}(U\u{1}au.", "without a value"),
        ("\u{FF}.", "byte 255"),
        ("X\u{FF}\u{FF}\u{FF}\u{FF}", "ends early"), ("\u{8D}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}", "ends early"),
    ])
    func malformedPicklesAreRefused(_ text: String, _ reason: String) throws {
        let line = try complaint(pickle(text))
        #expect(line.contains(reason), "\(line)")
    }

    @Test func deepNestingIsRefused() throws {
        #expect(try !complaint(pickle(String(repeating: "(", count: 300_000) + String(repeating: "t", count: 300_000) + ".")).isEmpty)
        // Each list holds the one before it twice: 2⁴⁰ visits.
        let doubling = "]\u{94}" + (0..<40).map { "]\u{94}(h\(Character(UnicodeScalar($0)!))h\(Character(UnicodeScalar($0)!))e" }.joined()
        #expect(try complaint(pickle(doubling + ".")).contains("nests"))
    }

    @Test func archivesThatLieAreRefused() throws {
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: fixture("weights-zip.pth"))))
        let entry = try #require(whole.indices.first { whole[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
        func changed(_ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
            var copy = whole
            copy.replaceSubrange(entry + offset..<entry + offset + bytes.count, with: bytes)
            return copy
        }
        #expect(try complaint(changed(10, [8, 0])).contains("is compressed"))
        #expect(try complaint(changed(8, [1, 0])).contains("encrypted"))
        #expect(try !complaint(changed(20, [0xFE, 0xFF, 0xFF, 0x7F, 0xFE, 0xFF, 0xFF, 0x7F])).isEmpty)
        #expect(try !complaint(changed(42, [0xFE, 0xFF, 0xFF, 0x7F])).isEmpty)
        #expect(try complaint([0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18)).contains("data.pkl"))
    }

    @Test(arguments: [
        ("<!DOCTYPE html>", "web page"), ("version https://git-lfs.github.com/spec/v1", "git lfs"), ("\u{1F}\u{8B}\u{8}", "gunzip"),
        ("hello world, no weights", "weight file"),
    ])
    func otherFilesAreNamed(_ text: String, _ reason: String) throws {
        #expect(try complaint(text.unicodeScalars.map { UInt8($0.value) }).contains(reason))
    }

    @Test func sharedStoragesThatAskForTooMuchAreRefused() throws {
        // A thousand names for one array of a megabyte.
        let bytes = String(repeating: "x", count: 1 << 20)
        var text = "}(U\u{1}a" + array(shape: "(I1048576\nt", type: "u1", data: "")
        text = String(text.dropLast(4)) + "T\u{0}\u{0}\u{10}\u{0}" + bytes + "tb\u{94}"
        for i in 0..<1000 { text += "X\u{4}\u{0}\u{0}\u{0}" + String(format: "%04d", i) + "h\u{0}" }
        #expect(try complaint(pickle(text + "u.")).contains("far more"))
    }
}
