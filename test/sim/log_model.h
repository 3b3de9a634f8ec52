#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

// What a log must be, in the simplest words: a list of batches. The reference for the scenario
// log_engine.
namespace polylog::sim {

struct ModelBatch {
    int64_t base = 0;
    int64_t last = 0;
    std::string bytes;
    bool operator==(const ModelBatch&) const = default;
};

struct ModelOperation {
    enum class Kind : uint8_t { create, drop, append, truncate, advance_start };
    Kind kind{};
    int64_t offset = 0;  // of truncate and advance_start
    ModelBatch batch;
    bool acknowledged = false;
};

// A log at one moment.
struct ModelState {
    bool exists = false;
    int64_t start = 0;
    int64_t end = 0;
    std::deque<ModelBatch> batches;  // that hold start..end; the first may begin before start

    void apply(const ModelOperation& operation);
    // The batches that a read of the whole log gives.
    bool same_as(const ModelState& other) const;
    std::string to_string() const;
};

// One log over all its lives: what it is now, and what it may turn out to be after a crash.
class LogModel {
public:
    const ModelState& now() const { return now_; }
    // An operation has been asked for; returns its number.
    uint64_t begin(ModelOperation operation);
    // It is durable, and so is everything before it.
    void acknowledge(uint64_t number);
    // Appends that end at or below `end` are durable.
    void acknowledge_upto(int64_t end);
    // It did not happen; must be the last one.
    void retract(uint64_t number);

    enum class Kept : uint8_t {
        // What was durable, and what came after it up to some point.
        in_order,
        // The same, but what was deleted from the front may be gone although appends before that
        // are missing: an `os` log notes it in two write-ahead logs.
        front_apart,
        // The log's durability does not cover what has happened: any of it may be missing, but
        // nothing may be wrong.
        any_part,
    };
    // The log is `found` after a crash. Nothing, or what is wrong with that.
    std::optional<std::string> recovered(const ModelState& found, Kept kept);

private:
    void forget_history();
    size_t durable_operations() const;
    bool may_be(const ModelState& found, Kept kept) const;
    bool front_ran_ahead(const ModelState& state, size_t next, const ModelState& found) const;

    ModelState base_;  // durable; what the history is applied to
    std::deque<ModelOperation> history_;
    uint64_t first_number_ = 0;  // of the history
    ModelState now_;
    std::map<int64_t, std::set<std::string>> ever_appended_;  // by base offset
};

}  // namespace polylog::sim
