// Weight files of strangers: each input is a whole file, of whichever kind its first bytes say.

import Foundation

/// Stands for libtorch's: the readers hand it the bytes that they have checked.
public struct Tensor {
    var dtype: DType
    var shape: [Int]
    init(bytes: UnsafeRawBufferPointer, dtype: DType, shape: [Int]) {
        precondition(shape.reduce(dtype.size, *) == bytes.count)
        (self.dtype, self.shape) = (dtype, shape)
    }
    var count: Int { shape.reduce(1, *) }
    func copyBytes(to bytes: UnsafeMutableRawBufferPointer) {}
}

public struct StateDict {
    var names: [String] = []
    subscript(name: String) -> Tensor? {
        get { nil }
        set { names.append(name) }
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    do {
        let file = try WeightFile(MappedFile(bytes, path: "input"))
        var sum = 0
        for section in file.sections {
            for tensor in section.tensors {
                tensor.withBytes { bytes in
                    precondition(bytes.count == tensor.byteCount)
                    for byte in bytes { sum &+= Int(byte) }
                }
                _ = tensor.tensor()
            }
        }
        return sum == -1 ? 1 : 0
    } catch {
        precondition(error is UserError && !"\(error)".contains("\n"), "\(error)")
        return 0
    }
}
