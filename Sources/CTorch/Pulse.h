// Says which of the processes that work together are still alive.
#pragma once
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <string>
#include <thread>

namespace ediy {

/// A beat a second into the store that all processes share, on a connection of its own.
class Pulse {
  public:
    Pulse(c10::intrusive_ptr<c10d::TCPStore> store, int rank, int size) : store(std::move(store)), rank(rank), size(size) {
        beat();
        thread = std::thread([this] {
            std::unique_lock<std::mutex> lock(mutex);
            while (!ending.wait_for(lock, std::chrono::seconds(1), [this] { return ended; })) {
                // Without the store there is nobody to tell.
                try { beat(); } catch (const std::exception &) { return; }
            }
        });
    }

    ~Pulse() {
        {
            std::lock_guard<std::mutex> lock(mutex);
            ended = true;
        }
        ending.notify_all();
        thread.join();
    }

    /// The ranks of the processes that are gone, as text: "1", "1, 3"; empty when all are alive. Takes a few seconds.
    std::string missing() {
        // A store whose machine went dark never answers: then the question is left behind on a thread of its own.
        auto answer = std::make_shared<std::promise<std::string>>();
        auto result = answer->get_future();
        std::thread([this, answer] {
            // Without the store its host is gone, the process of rank 0.
            try { answer->set_value(ask()); } catch (const std::exception &) { answer->set_value("0"); }
        }).detach();
        return result.wait_for(std::chrono::seconds(15)) == std::future_status::ready ? result.get() : "0";
    }

  private:
    c10::intrusive_ptr<c10d::TCPStore> store;
    const int rank, size;
    int64_t beats = 0;
    std::mutex mutex;
    std::condition_variable ending;
    bool ended = false;
    std::thread thread;

    std::string key(int rank) const { return "pulse/" + std::to_string(rank); }

    void beat() {
        const auto text = std::to_string(++beats);
        store->set(key(rank), std::vector<uint8_t>(text.begin(), text.end()));
    }

    std::vector<std::vector<uint8_t>> listen() {
        std::lock_guard<std::mutex> lock(mutex);
        std::vector<std::vector<uint8_t>> all;
        for (int other = 0; other < size; ++other) all.push_back(store->get(key(other)));
        return all;
    }

    /// The first process to find out says so: those that end because of it must not be taken for the cause.
    std::string ask() {
        const std::string verdict = "missing";
        {
            std::lock_guard<std::mutex> lock(mutex);
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
            if (other != rank && before[other] == after[other]) text += (text.empty() ? "" : ", ") + std::to_string(other);
        std::lock_guard<std::mutex> lock(mutex);
        if (!text.empty()) store->set(verdict, std::vector<uint8_t>(text.begin(), text.end()));
        return text;
    }
};

}  // namespace ediy
