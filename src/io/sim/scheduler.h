#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "io/shard.h"
#include "io/sim/instant.h"
#include "io/sim/random_stream.h"

namespace polylog::sim {

enum class EventKind : uint8_t { script, turn, timer, disk, network };
// Its name, for the trace.
std::string_view to_string(EventKind kind);

// What an event is, for the digest and the trace.
struct EventLabel {
    NodeId node = kNoNode;
    EventKind kind = EventKind::script;
    uint64_t id = 0;  // which shard, operation or connection
};

// Virtual time and what happens in it: a priority queue of events by (instant, tiebreak). The
// tiebreak is drawn from the seed, so events at one instant run in an order that differs between
// seeds and never within one. A rolling digest over everything that ran makes any nondeterminism
// visible. About 5 million events per second; an event whose work captures up to 24 bytes allocates
// nothing.
class Scheduler {
public:
    explicit Scheduler(RandomStream tiebreaks) : tiebreaks_(tiebreaks) {}
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    Instant now() const { return now_; }
    // Runs `work` at that instant, or now (after the running event) when it has passed.
    void at(Instant when, EventLabel label, io::Work work);
    // Runs the next event due at or before `limit`; false when there is none.
    bool run_next(Instant limit);
    // Lets time pass; no event may be due before `when`.
    void advance_to(Instant when);
    // Drops everything scheduled.
    void clear();

    // Adds a fact that must be equal in every run of the same seed to the digest.
    void note(uint64_t fact) { digest_ = scatter(digest_ ^ fact); }
    uint64_t digest() const { return digest_; }
    uint64_t events_run() const { return events_run_; }
    // Called before each event runs.
    void trace_to(std::function<void(Instant, const EventLabel&)> trace) {
        trace_ = std::move(trace);
    }

private:
    struct Entry {
        Instant when;
        uint64_t tiebreak;
        uint32_t slot;
    };
    struct Event {
        EventLabel label;
        io::Work work;
    };
    static bool later(const Entry& a, const Entry& b) {
        return a.when != b.when ? a.when > b.when : a.tiebreak > b.tiebreak;
    }

    RandomStream tiebreaks_;
    Instant now_{};
    std::vector<Entry> heap_;
    std::vector<Event> events_;  // by slot
    std::vector<uint32_t> free_slots_;
    uint64_t digest_ = 0;
    uint64_t events_run_ = 0;
    std::function<void(Instant, const EventLabel&)> trace_;
};

}  // namespace polylog::sim
