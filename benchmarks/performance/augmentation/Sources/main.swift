// How many pictures a second are decoded and made into BYOL's two views of 224 × 224 pixels.
//
//     augmentation THREADS SECONDS FILE.jpg…
//
// peers.py times the others with the same arguments; run.sh runs all of them.
import Foundation
import Support
import Synchronization
import Vision

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 3, let threads = Int(arguments[0]), threads > 0, let seconds = Double(arguments[1]) else {
    print("usage: augmentation THREADS SECONDS FILE.jpg…")
    exit(2)
}
let files = arguments.dropFirst(2).map { FileManager.default.contents(atPath: $0).map(Array.init) ?? [] }
let augmentation = BYOLAugmentation(imageSize: 224)

/// Works from `begin` on until the time is over; returns the pictures done.
@Sendable func work(thread: Int, since begin: ContinuousClock.Instant) -> Int {
    var done = 0
    while ContinuousClock.now - begin < .seconds(seconds) {
        var generator = SeededGenerator(UInt64(thread), UInt64(done))
        do {
            let image = try JPEG.decode(files[(thread + done * threads) % files.count])
            for view in 0..<2 { _ = augmentation(image, view: view, using: &generator) }
        } catch {
            print(error)
            exit(1)
        }
        done += 1
    }
    return done
}

let total = Mutex(0)
let begin = ContinuousClock.now
DispatchQueue.concurrentPerform(iterations: threads) { thread in
    let done = work(thread: thread, since: begin)
    total.withLock { $0 += done }
}
let elapsed = (ContinuousClock.now - begin) / .seconds(1)
print(String(format: "ediy, %d thread(s): %.0f images/s", threads, Double(total.withLock { $0 }) / elapsed))
