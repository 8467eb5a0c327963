// How long a step of pretraining takes, what memory it needs, and the losses of the first steps.
//
//     pretraining byol|e-diy float32|bfloat16 STEPS INPUTS.safetensors
//
// INPUTS holds the weights to begin with and the views, as `peers.py make` writes them; `peers.py run` steps from the same.
// A line of JSON comes out for each step, which waits for a line of standard input: `peers.py turns` lets the contenders
// step in turns, so that whatever else the machine does meets all of them. At its end a step goes without.
import DataLoading
import Foundation
import NN
import Pretraining
import Support
import Torch

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count == 4, let named = Methods.options(arguments[0]),
    let dtype = DType.allCases.first(where: { "\($0)" == arguments[1] }), let steps = Int(arguments[2])
else {
    print("usage: pretraining byol|e-diy float32|bfloat16 STEPS INPUTS.safetensors")
    exit(2)
}

/// That of a hundredth of the warm-up, by the recipe for 100 epochs, of a batch of 16. At the warm-up's end a network that has
/// learnt nothing is chaotic: PyTorch's own losses then part by 2% between its memory formats.
let learningRate = 0.01 * 0.45 * 16 / 256

/// The largest amount of memory that the process has had, in MB.
func peakMemory() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) / 1024
}

/// Seconds that processors worked for this program.
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

func run() throws {
    let options = PretrainingOptions()
    let method: any PretrainingMethod = named.makeMethod(options, using: Generator(seed: 0))
    let views: (first: Tensor, second: Tensor) = try {
        let inputs = try SafeTensors.read(arguments[3])
        // The heads for regions are E-DIY's own, and begin as they are.
        try inputs.restore(method.state.filter { !$0.name.hasPrefix("region_") }, file: arguments[3])
        guard let first = inputs["views.first"], let second = inputs["views.second"] else {
            throw UserError("has no views", file: arguments[3], remedy: "make it by `peers.py make`")
        }
        return (first.cloned(), second.cloned())
    }()
    let optimizer = LARS(method.parameters, momentum: 0.9, weightDecay: 1e-6)
    for step in 0..<steps {
        _ = readLine()
        let begin = ContinuousClock.now, worked = processorTime()
        let batch = step % views.first.size(0)
        let pair = [views.first.selected(0, batch), views.second.selected(0, batch)]
        optimizer.zeroGrad()
        let parts = dtype == .bfloat16 ? withAutocast(.bfloat16) { method.losses(pair) } : method.losses(pair)
        let total = parts.dropFirst().reduce(parts[0].value) { $0 + $1.value }
        let loss = total.item
        try total.backward()
        optimizer.step(learningRate: learningRate)
        // The first of so many that τ stays what it is.
        method.afterStep(at: 0, of: steps)
        let line: JSON = [
            "loss": .double(loss), "seconds": .double((ContinuousClock.now - begin) / .seconds(1)),
            "processor": .double(processorTime() - worked), "peak_mb": .double(peakMemory()),
        ]
        print(line.text())
        fflush(nil)
    }
}

do { try run() } catch {
    print(error)
    exit(1)
}
