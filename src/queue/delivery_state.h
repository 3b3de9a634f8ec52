#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "model/ids.h"
#include "queue/held_messages.h"
#include "queue/lease.h"
#include "queue/settlement.h"
#include "queue/status_map.h"

namespace polylog::queue {

// How many messages of one partition are where. Exact, in O(1).
struct Depth {
    uint64_t ready = 0;  // below end()
    uint64_t leased = 0;
    uint64_t delayed = 0;
    uint64_t dead = 0;  // on their way to the dead-letter queue

    bool operator==(const Depth&) const = default;
};

// Where one message stands.
struct MessageState {
    enum class Place : uint8_t {
        absent,  // at or behind the end: there is no such message yet
        ready,
        leased,
        delayed,
        dead,  // on its way to the dead-letter queue
        settled,
    };
    Place place = Place::absent;
    DeliveryCounts counts;  // none once it is settled
    Attempt attempt;        // when leased
    // When leased: its deadline. When delayed: when it becomes ready, kNoDeadline for a message
    // that was never handed out (only the order of those is kept).
    Tick until = kNoDeadline;
    DeathReason reason{};  // when dead

    bool operator==(const MessageState&) const = default;
};

// Where every message of one partition stands, whoever reads it and whatever it holds: a pure state
// machine over offsets, without I/O, clock or message bytes. Lives on the partition's shard.
//
//     [start ........ cursor) [cursor ........ end)
//     settled, held or ready  ready and never handed out: costs no memory
//
// Below the cursor two bits per offset say `settled` and `ready`; an offset with neither is held:
// leased, delayed or dead (HeldMessages knows which, and until when). Ready messages that were
// handed out before come first, in the order of their offsets, so redelivery keeps the order.
//
// Memory: a leased message at most 64 bytes, a delayed one that was never handed out 32, a ready
// one that was handed out before 48; otherwise two bits between start and cursor, and less where
// neighbours are alike.
//
// Every change is described by the Settlement it returns, which apply() turns into the same state
// again, in order, from any earlier snapshot, as often as one likes: that is the whole of recovery.
// Its caller logs it, or drops it where nothing needs to survive.
class DeliveryState {
public:
    explicit DeliveryState(model::Offset start) : status_(start), end_(start) {}

    model::Offset start() const { return status_.start(); }  // everything below is settled
    model::Offset cursor() const { return status_.end(); }   // nothing from here on was handed out
    model::Offset end() const { return end_; }               // of what may be handed out
    Attempt next_attempt() const { return next_attempt_; }   // of the next lease
    Depth depth() const;
    MessageState message(model::Offset offset) const;

    // Messages up to `end` may be handed out: they are durable. Never moves back.
    void extend(model::Offset end);
    // The first ready message at or behind `from`: what to hand out next. Groups and priorities
    // choose otherwise (GroupOrder, PriorityLanes) and call lease() with their choice.
    std::optional<model::Offset> next(model::Offset from = {0}) const;

    // Hands out a ready message until `deadline`. The counts it returns include this lease.
    Leased lease(model::Offset offset, Tick deadline, int64_t now_wall_ms);
    // The message is leased: until `deadline` from now on, by the same attempt.
    Leased extend_lease(model::Offset offset, Tick deadline);
    // Ready at once, unless it is settled. `failed` counts against it.
    Released release(model::Offset offset, bool failed = false);
    // Not ready before `due`, unless it is settled. For a leased message, or for one that was not
    // handed out yet: that one may lie behind end(), since a delay is known before its message is
    // durable, and is delayed once; ready ones before it stay so.
    Delayed delay(model::Offset offset, Tick due, bool failed = false);
    // On its way to the dead-letter queue: nobody gets it, nothing is forgotten until it is settled
    // or released. It is not settled yet.
    Condemned condemn(model::Offset offset, DeathReason reason);
    // Done with, for ever, whatever it was; settling again changes nothing.
    Settled settle(Range range);
    Settled settle(model::Offset offset) { return settle(Range{offset, offset}); }
    // Everything below `offset` is settled: purge, expiry, a trimmed log. `offset` may lie behind
    // end(); never moves back.
    SettledBelow settle_below(model::Offset offset);
    // Everything from `offset` on is ready as if it had never been handed out, also what was
    // settled; leases of it have lapsed. `offset` is not behind end().
    Rewound rewind(model::Offset offset);

    // Ends leases and delays that are over at `now`, at most `max` of them, those that are over
    // first coming first; the messages are ready. In the order of their offsets. Call again while
    // next_expiry() is not behind `now`.
    std::vector<Released> expire(Tick now, size_t max);
    // When to call expire() next: not after anything is over, and now and then before, when it will
    // end nothing.
    std::optional<Tick> next_expiry() const { return held_.next_expiry(); }
    // Dead messages from `from` on, in order, one each: what a hand-off has still to do after a
    // restart.
    std::vector<Condemned> condemned(model::Offset from, size_t max) const;

    // Recovery: the state after a settlement that was logged. Of deduplication it takes no notice.
    void apply(const Settlement& settlement);
    // The whole state as settlements, for a snapshot: apply() of all of them, in order, to a state
    // that starts at 0 or at start() and is extended to end() gives this one.
    void capture(const std::function<void(const Settlement&)>& emit) const;
    // After the last apply(): forgets what reaches beyond the log's end, settlements that outlived
    // their messages in a crash; returns whether there was any. Attempts leave a gap, so that a
    // lease whose settlement was lost is not mistaken for a later one.
    bool clip(model::Offset log_end);

    // What it takes, about.
    size_t size_bytes() const;

private:
    struct Grave {
        DeathReason reason{};
        DeliveryCounts counts;
    };

    void reach(model::Offset cursor);
    void set_status(Range range, Status status);
    bool is_first_delay(model::Offset offset) const;
    void end_first_delay();
    template <class F>
    void for_each_first_delay(Range run, F&& f) const;
    DeliveryCounts withdraw(model::Offset offset);
    void withdraw(Range range);
    void withdraw_ready(Range range);
    std::optional<Range> claim(Range range);
    DeliveryCounts counts_after(model::Offset offset, bool failed) const;
    void forget_from(model::Offset offset);

    void apply_one(const Settled& settled);
    void apply_one(const SettledBelow& settled);
    void apply_one(const Released& released);
    void apply_one(const Delayed& delayed);
    void apply_one(const Leased& leased);
    void apply_one(const Condemned& condemned);
    void apply_one(const Rewound& rewound);
    void apply_one(const Position& position);
    void capture_counts(const std::function<void(const Settlement&)>& emit) const;

    StatusMap status_;  // of [start, cursor)
    model::Offset end_;
    uint64_t ready_behind_end_ = 0;  // ready offsets of [end, cursor)
    HeldMessages held_;              // leased and delayed ones
    uint64_t first_delays_ = 0;      // delayed ones that were never handed out
    std::map<model::Offset, Grave> dead_;
    // Of messages below the cursor that are ready and were handed out before.
    boost::unordered_flat_map<model::Offset, DeliveryCounts, std::hash<model::Offset>> counts_;
    Attempt next_attempt_{1};
};

// What has become of a lease.
enum class Standing : uint8_t {
    current,  // it is the newest, and runs
    lapsed,   // the message is ready again, delayed, dead or with somebody else
    settled,  // the message is done with
    unknown,  // there never was such a message or lease
};
Standing standing(const DeliveryState& state, const Lease& lease);

}  // namespace polylog::queue
