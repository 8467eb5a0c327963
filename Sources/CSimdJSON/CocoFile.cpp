// The windows of a file read side by side, and its parts in order.
#include "CSimdJSON.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "RecordReader.h"

struct CocoFile {
    std::vector<std::unique_ptr<CocoPart>> parts;
    bool has_list[3] = {};
};

namespace {

/// Hands out windows, and keeps the parts that are made of them.
class Work {
public:
    Work(const char *path, bool results, size_t window, bool guesses) : windows(path, results, window, guesses) {}

    std::vector<std::unique_ptr<CocoPart>> parts;
    /// Of several problems the first of the file.
    std::optional<Problem> problem;

    bool has(Section section) const { return windows.has(section); }

    /// Whether something in a record is wrong.
    bool is_faulty() const {
        return std::any_of(parts.begin(), parts.end(), [](const auto &part) { return !part->faults.empty(); });
    }

    /// Reads windows until none is left, or something is wrong in one.
    void run() {
        simdjson::ondemand::parser parser;
        while (true) {
            Window window;
            size_t index;
            {
                const std::lock_guard<std::mutex> guard(lock);
                if (problem) return;
                index = parts.size();
                try {
                    if (!windows.next(window)) return;
                    parts.emplace_back();
                } catch (const Problem &e) {
                    return fail(e, index);
                } catch (const std::bad_alloc &) {
                    return fail(Problem{no_memory}, index);
                }
            }
            std::unique_ptr<CocoPart> part;
            std::optional<Problem> found;
            try {
                part.reset(read_records(std::move(window), parser));
            } catch (const Problem &e) {
                found = e;
            } catch (const std::bad_alloc &) {
                found = Problem{no_memory};
            }
            const std::lock_guard<std::mutex> guard(lock);
            if (found) return fail(*found, index);
            parts[index] = std::move(part);
        }
    }

private:
    static constexpr const char *no_memory = "not enough memory to read it";
    RecordWindows windows;
    std::mutex lock;
    size_t problem_index = 0;

    void fail(const Problem &found, size_t index) {
        if (problem && problem_index < index) return;
        problem = found;
        problem_index = index;
    }
};

void report(CocoProblem *out, const Problem &problem) {
    std::strncpy(out->message, problem.what.c_str(), sizeof out->message - 1);
    out->message[sizeof out->message - 1] = 0;
    out->byte = problem.byte;
    out->record = problem.record;
}

} // namespace

CocoFile *coco_read(const char *path, bool results, int threads, int64_t window, CocoProblem *problem) {
    try {
        // Only a file in which something is wrong, or seems to be, is read a second time, and then cut with care.
        for (const bool guesses : {true, false}) {
            Work work(path, results, static_cast<size_t>(std::max<int64_t>(window, 1)), guesses);
            std::vector<std::thread> others;
            try {
                for (int i = 1; i < threads; ++i) others.emplace_back([&] { work.run(); });
            } catch (const std::system_error &) {
                // Fewer threads will do.
            }
            work.run();
            for (auto &thread : others) thread.join();
            if (work.problem) {
                report(problem, *work.problem);
            } else if (!guesses || !work.is_faulty()) {
                auto file = std::make_unique<CocoFile>();
                for (const Section section : {Section::images, Section::annotations, Section::categories})
                    file->has_list[static_cast<size_t>(section)] = work.has(section);
                file->parts = std::move(work.parts);
                return file.release();
            }
        }
    } catch (const Problem &e) {
        report(problem, e);
    } catch (const std::exception &) {
        report(problem, Problem{"not enough memory to read it"});
    }
    return nullptr;
}

void coco_close(CocoFile *file) { delete file; }

bool coco_has_list(const CocoFile *file, CocoSection section) { return section < 3 && file->has_list[section]; }

int64_t coco_part_count(const CocoFile *file) { return static_cast<int64_t>(file->parts.size()); }

CocoPart *coco_take_part(CocoFile *file, int64_t i) { return file->parts[static_cast<size_t>(i)].release(); }

CocoObjects coco_objects(const CocoPart *part) {
    const auto &o = part->objects;
    return {static_cast<int64_t>(o.image_ids.size()),
            o.ids.data(),
            o.image_ids.data(),
            o.category_ids.data(),
            o.boxes.data(),
            o.has_box.data(),
            o.areas.data(),
            o.scores.data(),
            o.is_crowd.data(),
            o.is_ignored.data(),
            o.visible.data(),
            o.keypoint_starts.data(),
            o.keypoints.data()};
}

CocoMasks coco_masks(const CocoPart *part) {
    const auto &m = part->masks;
    return {static_cast<int64_t>(m.kinds.size()),
            m.kinds.data(),
            m.sizes.data(),
            m.part_starts.data(),
            m.number_starts.data(),
            m.text_starts.data(),
            m.part_lengths.data(),
            m.numbers.data(),
            m.text.data()};
}

CocoImages coco_images(const CocoPart *part) {
    const auto &i = part->images;
    return {static_cast<int64_t>(i.ids.size()),
            i.ids.data(),
            i.widths.data(),
            i.heights.data(),
            i.name_starts.data(),
            i.names.data(),
            i.negative_starts.data(),
            i.negatives.data(),
            i.inexhaustive_starts.data(),
            i.inexhaustive.data(),
            i.has_quoted_ids};
}

CocoCategories coco_categories(const CocoPart *part) {
    const auto &c = part->categories;
    return {static_cast<int64_t>(c.ids.size()), c.ids.data(), c.name_starts.data(), c.names.data(), c.has_quoted_ids};
}

CocoTexts coco_texts(const CocoPart *part) {
    const auto &t = part->texts;
    return {static_cast<int64_t>(t.ids.size()), t.ids.data(), t.starts.data(), t.texts.data()};
}

CocoSection coco_section(const CocoPart *part) { return part->section; }

int64_t coco_fault_count(const CocoPart *part) { return static_cast<int64_t>(part->faults.size()); }

CocoFault coco_fault(const CocoPart *part, int64_t i) {
    const auto &f = part->faults[static_cast<size_t>(i)];
    return {f.what.c_str(), f.count, static_cast<int64_t>(f.places.size()), f.places.data()};
}

void coco_keep_masks(CocoPart *part) {
    part->objects = {};
    part->images = {};
    part->categories = {};
    part->texts = {};
    part->faults = {};
}

void coco_free_part(CocoPart *part) { delete part; }
