// How many images a second are decoded and made into BYOL's two views of 224 × 224 pixels.
//
//     augmentation exact|fast THREADS SECONDS FILE.jpg…
//
// peers.py times the others with the same arguments; run.sh runs all of them.
import Foundation
import Support
import Synchronization
import Vision

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 4, let decoding = ["exact": ViewAugmentation.Decoding.exact, "fast": .fast][arguments[0]],
    let threads = Int(arguments[1]), threads > 0, let seconds = Double(arguments[2])
else {
    print("usage: augmentation exact|fast THREADS SECONDS FILE.jpg…")
    exit(2)
}
let files = arguments.dropFirst(3).map { FileManager.default.contents(atPath: $0).map(Array.init) ?? [] }
let augmentations = ViewAugmentation.byol(imageSize: 224)

/// Works from `begin` on until the time is over; returns the images done.
@Sendable func work(thread: Int, since begin: ContinuousClock.Instant) -> Int {
    var done = 0
    while ContinuousClock.now - begin < .seconds(seconds) {
        var generator = SeededGenerator(UInt64(thread), UInt64(done))
        do {
            let file = try ImageFile(files[(thread + done * threads) % files.count])
            let drawn = augmentations.map { ($0, $0.draw(width: file.width, height: file.height, using: &generator)) }
            _ = try ViewAugmentation.images(drawn, of: file, decoding: decoding)
        } catch {
            print(error)
            exit(1)
        }
        done += 1
    }
    return done
}

/// Seconds that processors worked for this program.
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

let total = Mutex(0)
let begin = ContinuousClock.now, processor = processorTime()
// Threads of their own, as the batch loader's are: a pool may decide to run fewer.
let ended = DispatchGroup()
for thread in 0..<threads {
    ended.enter()
    Thread {
        let done = work(thread: thread, since: begin)
        total.withLock { $0 += done }
        ended.leave()
    }.start()
}
ended.wait()
let done = Double(total.withLock { $0 })
let rates = (done / ((ContinuousClock.now - begin) / .seconds(1)), done / (processorTime() - processor))
print(
    "ediy, \(arguments[0]), \(threads) thread(s): "
        + String(format: "%.0f images/s, %.0f a second of a processor's time", rates.0, rates.1))
