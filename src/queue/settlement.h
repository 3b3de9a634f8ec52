#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "model/ids.h"
#include "queue/lease.h"

// What is logged of a queue partition: docs/formats/settlements.md. Each settlement says what is so
// afterwards, not what was done, so that replaying a suffix twice gives the same state.
namespace polylog::queue {

// Why a message goes to the dead-letter queue. The values are stored.
enum class DeathReason : uint8_t {
    delivered_too_often = 0,
    rejected = 1,
    expired = 2,
    over_length = 3,
};

// Offsets [first, last], all treated alike; never empty.
struct Range {
    model::Offset first;
    model::Offset last;

    uint64_t count() const { return static_cast<uint64_t>(last.value - first.value) + 1; }
    auto operator<=>(const Range&) const = default;
};

// --- Delivery: DeliveryState applies these ---

// Done with, for ever.
struct Settled {
    Range range;
    bool operator==(const Settled&) const = default;
};
// Everything below is done with, whatever it was.
struct SettledBelow {
    model::Offset offset;
    bool operator==(const SettledBelow&) const = default;
};
struct Released {
    Range range;
    DeliveryCounts counts;
    bool operator==(const Released&) const = default;
};
struct Delayed {
    Range range;
    Tick due;
    DeliveryCounts counts;
    bool operator==(const Delayed&) const = default;
};
struct Leased {
    Range range;
    Tick deadline;
    Attempt first_attempt;  // of range.first; the others follow
    DeliveryCounts counts;
    bool operator==(const Leased&) const = default;
};
struct Condemned {
    Range range;
    DeathReason reason{};
    DeliveryCounts counts;
    bool operator==(const Condemned&) const = default;
};
// Everything from the offset on is ready as if it had never been handed out.
struct Rewound {
    model::Offset offset;
    bool operator==(const Rewound&) const = default;
};
// Everything below start is done with; what lies between start and cursor is ready unless something
// else is said of it.
struct Position {
    model::Offset start;
    model::Offset cursor;
    Attempt next_attempt;
    bool operator==(const Position&) const = default;
};

// --- Deduplication: Deduplication applies these ---

// 128 bits that stand for what two sends of the same message have in common.
struct DeduplicationKey {
    uint64_t high = 0;
    uint64_t low = 0;
    auto operator<=>(const DeduplicationKey&) const = default;
};
// A message that another queue or topic passes on: where it lies there.
struct HandOff {
    model::TopicPartition source;
    model::Offset offset;
    auto operator<=>(const HandOff&) const = default;
};
struct Deduplicated {
    DeduplicationKey key;
    model::Offset offset;  // of the message that was stored
    Tick until;
    bool operator==(const Deduplicated&) const = default;
};
struct DeduplicationCleared {
    bool operator==(const DeduplicationCleared&) const = default;
};
struct HandedOff {
    HandOff hand_off;
    model::Offset offset;  // of the message that was stored
    Tick until;
    bool operator==(const HandedOff&) const = default;
};
struct HandOffForgotten {
    HandOff hand_off;
    bool operator==(const HandOffForgotten&) const = default;
};

using Settlement = std::variant<Settled, SettledBelow, Released, Delayed, Leased, Condemned,
                                Rewound, Position, Deduplicated, DeduplicationCleared, HandedOff,
                                HandOffForgotten>;

// One moment on both clocks: what turns ticks into what is stored, and back.
struct Moment {
    Tick tick;
    int64_t wall_ms = 0;  // since the Unix epoch
};

// Bytes of a record's value; a larger state is several records.
constexpr size_t kSettlementRecordBytesMax = size_t{32} << 10;

// Settlements on their way to the log, in few bytes: what continues the last one becomes part of
// it, and messages that are done with are sorted to the end, where nothing contradicts them.
// Lives on the queue's shard, for one turn or one piece of a snapshot.
class SettlementBatch {
public:
    void add(const Settlement& settlement);
    bool empty() const { return ordered_.empty() && settled_.empty(); }
    // Settlements it has become; a bound for memory, not for bytes.
    size_t size() const { return ordered_.size() + settled_.size(); }
    // The values of the records to append, in order; the batch is empty afterwards.
    std::vector<base::Slice> encode(const Moment& now);
    // The same as values, in the order in which they are to be applied.
    std::vector<Settlement> take();
    void clear();

private:
    void flush_settled();

    std::vector<Settlement> ordered_;
    std::vector<Range> settled_;
};

// The settlements of one record's value. What was stored as remaining time is due that much after
// `now`, or earlier when the wall clock says that time has passed. Total. Errors: corrupt.
base::Result<std::vector<Settlement>> decode_settlements(base::Bytes value, const Moment& now);

}  // namespace polylog::queue
