#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// What the clients of a broker have seen, and whether one log per partition explains it. Pure: the
// reference for the scenarios called broker.
namespace polylog::sim {

// What is wrong, or nothing.
using Complaint = std::optional<std::string>;

// A record as the workload writes it: the n-th of its writer, which sends to a partition in the
// order of the numbers. Unique over a whole run.
struct Mark {
    uint64_t writer = 0;
    uint64_t number = 0;
    auto operator<=>(const Mark&) const = default;

    // "12:345", padded with dots to the size.
    std::string to_value(size_t size_bytes) const;
    static std::optional<Mark> from_value(std::string_view value);
};

// One partition, over all the broker's lives.
class PartitionHistory {
public:
    static constexpr int64_t kUnknown = -1;

    // May be stored from now on, at most once.
    void sent(Mark mark) { sent_.emplace(mark, false); }
    // The broker says that it is stored, for good; kUnknown: it did not say where.
    Complaint acknowledged(Mark mark, int64_t offset);
    // A reader that asked for `wanted` next was given this.
    Complaint read(int64_t wanted, int64_t offset, int32_t leader_epoch, std::string_view value);
    // Records before the offset may be gone from now on.
    void deletable_before(int64_t offset);
    // A reader was told that the log begins here.
    Complaint starts_at(int64_t offset);
    // Everything from start to end has been read, once more, and nothing is under way: nothing that
    // was acknowledged is missing.
    Complaint complete(int64_t start, int64_t end) const;

    // One past the last offset that anybody knows of.
    int64_t known_end() const;

private:
    struct Stored {
        Mark mark;
        int32_t leader_epoch = -1;  // -1: known from its acknowledgement only
    };
    Complaint learn(int64_t offset, Mark mark, int32_t leader_epoch);
    Complaint in_order(std::map<Mark, int64_t>::iterator place) const;
    Complaint epochs_rise(std::map<int64_t, Stored>::iterator stored) const;

    std::map<Mark, bool> sent_;  // -> acknowledged
    std::map<int64_t, Stored> by_offset_;
    std::map<Mark, int64_t> places_;
    int64_t deletable_before_ = 0;
};

// How far one group has come in one partition.
class GroupHistory {
public:
    static constexpr int64_t kNone = -1;

    void consumed(int64_t offset);
    void commit_sent(int64_t offset) { sent_.insert(offset); }
    void commit_acknowledged(int64_t offset);
    // What no later fetch may fall below; to be asked before the fetch is sent.
    int64_t floor() const { return acknowledged_; }
    // The broker says that this is the committed offset; kNone: there is none.
    Complaint fetched(int64_t offset, int64_t floor_before) const;
    // Every record from start to end has been given to some member.
    Complaint complete(int64_t start, int64_t end) const;

private:
    std::set<int64_t> sent_;
    int64_t acknowledged_ = kNone;
    std::vector<bool> consumed_;  // by offset
};

}  // namespace polylog::sim
