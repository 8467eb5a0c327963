// Says which of the processes that work together are still alive.
#pragma once
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace ediy {

/// A beat a second into the store that all processes share, on a connection of its own.
class Pulse {
public:
    Pulse(c10::intrusive_ptr<c10d::TCPStore> store, int rank, int size);
    ~Pulse();
    Pulse(const Pulse &) = delete;

    /// The ranks of the processes that are gone, as text: "1", "1, 3"; empty when all are alive. Takes a few seconds.
    std::string missing() const;

private:
    class Line;
    // Shared with a question that is left behind.
    std::shared_ptr<Line> line;
    std::mutex mutex;
    std::condition_variable ending;
    bool ended = false;
    std::thread thread;
};

} // namespace ediy
