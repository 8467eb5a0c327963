import Support
import Testing
import Torch

@Suite struct DeviceTests {
    @Test func aDeviceThatIsNotThereIsAnError() throws {
        let missing = Device.cuda(LibTorch.cudaDeviceCount + 7)
        #expect { try missing.makeCurrent() } throws: { ($0 as? UserError)?.description.contains("\(missing)") == true }
        #expect { try LibTorch.device(missing) } throws: { ($0 as? UserError)?.description.contains("\(missing)") == true }
    }

    @Test func theCPUIsAlwaysThere() throws {
        try Device.cpu.makeCurrent()
        #expect(try LibTorch.device(.cpu) == .cpu)
    }

    /// More than any machine has, in the gradient alone: x is one number that was spread.
    @Test func memoryThatRunsOutInTheBackwardPassIsAnError() throws {
        let x = Tensor.ones([1]).requiringGrad()
        let spread = x.expanded([1 << 46])
        let loss = spread.narrowed(0, 0..<1).sum()
        #expect { try loss.backward() } throws: {
            ($0 as? UserError)?.description.contains("not enough memory in the backward pass") == true
        }
    }
}
