#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "model/ids.h"
#include "queue/held_messages.h"
#include "queue/lease.h"
#include "queue/settlement.h"

namespace polylog::queue {

// How many messages of one partition are where. Exact, in O(1).
struct Depth {
    uint64_t ready = 0;
    uint64_t leased = 0;
    uint64_t delayed = 0;
    uint64_t dead = 0;  // on their way to the dead-letter queue
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
// Every change is described by a Settlement that apply() turns into the same state again, in order,
// from any earlier snapshot, as often as one likes: that is the whole of recovery.
class DeliveryState {
public:
    explicit DeliveryState(model::Offset start);

    model::Offset start() const { return start_; }    // everything below is settled
    model::Offset cursor() const { return cursor_; }  // nothing from here on was handed out
    model::Offset end() const { return end_; }        // of what may be handed out
    Depth depth() const;

    // Messages up to `end` may be handed out: they are durable. Never moves back.
    void extend(model::Offset end);
    // `offset`, which has not been handed out, is not ready before `due`; ready ones before it stay
    // so. Allowed above end(): a delay is known before the message is durable.
    void delay(model::Offset offset, Tick due);

    // The message to hand out next: the first ready one. Groups and priorities choose otherwise
    // (GroupOrder, PriorityLanes) and call lease() with their choice.
    std::optional<model::Offset> next() const;
    bool ready(model::Offset offset) const;
    // Hands out a ready message until `deadline`. Its counts include this lease.
    struct Leased {
        Attempt attempt;
        DeliveryCounts counts;
    };
    Leased lease(model::Offset offset, Tick deadline);

    // What has become of a lease.
    enum class Standing : uint8_t {
        current,  // it is the newest, and runs
        lapsed,   // the message is ready again, delayed or with somebody else
        settled,  // the message is done with
        unknown,  // there never was such a message or lease
    };
    Standing standing(const Lease& lease) const;

    // Each needs a message that is held or ready, below the cursor.
    void settle(model::Offset offset);                     // done with, for ever
    void release(model::Offset offset, bool failed);       // ready at once
    void release_later(model::Offset offset, Tick due, bool failed);
    void extend_lease(model::Offset offset, Tick deadline);
    // On its way to the dead-letter queue: nobody gets it, nothing is forgotten.
    void condemn(model::Offset offset, DeathReason reason);
    DeliveryCounts counts(model::Offset offset) const;

    // Everything below `offset` is settled, held messages too: purge, expiry, a trimmed log.
    void settle_below(model::Offset offset);

    // Ends leases and delays that are over at `now`, at most `max` of them; the messages are ready.
    // Returns them in the order of their offsets.
    std::vector<model::Offset> expire(Tick now, size_t max);
    // When expire() has something to do next.
    std::optional<Tick> next_expiry() const;
    // Condemned messages, in order, from `after` on: what a hand-off has still to do after a
    // restart.
    std::vector<model::Offset> condemned(model::Offset after, size_t max) const;

    // Recovery: the state after a settlement that was logged. `now` is what the ticks in it become.
    void apply(const Settlement& settlement);
    // The whole state as settlements, for a snapshot; apply() of all of them to a new state gives
    // this one.
    std::vector<Settlement> capture() const;
    // Forgets what reaches beyond the log's end: settlements that outlived their messages in a
    // crash.
    void clip(model::Offset log_end);

    // What it takes, about.
    size_t size_bytes() const;

private:
    struct Chunk;

    model::Offset start_;
    model::Offset cursor_;
    model::Offset end_;
    std::deque<std::unique_ptr<Chunk>> chunks_;  // from start_'s to cursor_'s; null: all settled
    HeldMessages held_;
    Attempt next_attempt_{1};
};

}  // namespace polylog::queue
