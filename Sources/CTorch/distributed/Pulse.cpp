#include "distributed/Pulse.h"

#include <chrono>
#include <future>
#include <vector>

namespace ediy {

/// What is said into the store and asked of it, one at a time.
class Pulse::Line {
public:
    Line(c10::intrusive_ptr<c10d::TCPStore> store, int rank, int size)
        : store(std::move(store)), rank(rank), size(size) {}

    void beat() {
        const std::lock_guard<std::mutex> lock(mutex);
        const auto text = std::to_string(++beats);
        store->set(key(rank), std::vector<uint8_t>(text.begin(), text.end()));
    }

    /// The first process to find out says so: those that end because of it must not be taken for the cause.
    std::string ask() {
        const std::string verdict = "missing";
        {
            const std::lock_guard<std::mutex> lock(mutex);
            if (store->check({verdict})) {
                const auto said = store->get(verdict);
                return std::string(said.begin(), said.end());
            }
        }
        const auto before = listen();
        std::this_thread::sleep_for(std::chrono::milliseconds(3500));
        const auto after = listen();
        std::string text;
        for (int other = 0; other < size; ++other)
            if (other != rank && before[other] == after[other])
                text += (text.empty() ? "" : ", ") + std::to_string(other);
        const std::lock_guard<std::mutex> lock(mutex);
        if (!text.empty()) store->set(verdict, std::vector<uint8_t>(text.begin(), text.end()));
        return text;
    }

private:
    const c10::intrusive_ptr<c10d::TCPStore> store;
    const int rank, size;
    int64_t beats = 0;
    std::mutex mutex;

    static std::string key(int rank) { return "pulse/" + std::to_string(rank); }

    std::vector<std::vector<uint8_t>> listen() {
        const std::lock_guard<std::mutex> lock(mutex);
        std::vector<std::vector<uint8_t>> all;
        for (int other = 0; other < size; ++other) all.push_back(store->get(key(other)));
        return all;
    }
};

Pulse::Pulse(c10::intrusive_ptr<c10d::TCPStore> store, int rank, int size)
    : line(std::make_shared<Line>(std::move(store), rank, size)) {
    line->beat();
    thread = std::thread([this] {
        std::unique_lock<std::mutex> lock(mutex);
        while (!ending.wait_for(lock, std::chrono::seconds(1), [this] { return ended; })) {
            // Without the store there is nobody to tell.
            try {
                line->beat();
            } catch (const std::exception &) {
                return;
            }
        }
    });
}

Pulse::~Pulse() {
    {
        const std::lock_guard<std::mutex> lock(mutex);
        ended = true;
    }
    ending.notify_all();
    thread.join();
}

std::string Pulse::missing() const {
    // A store whose machine went dark never answers: then the question is left behind, on a thread of its own that
    // holds all it uses.
    auto answer = std::make_shared<std::promise<std::string>>();
    auto result = answer->get_future();
    std::thread([line = line, answer] {
        // Without the store its host is gone, the process of rank 0.
        try {
            answer->set_value(line->ask());
        } catch (const std::exception &) {
            answer->set_value("0");
        }
    }).detach();
    return result.wait_for(std::chrono::seconds(15)) == std::future_status::ready ? result.get() : "0";
}

} // namespace ediy
