#pragma once

#include <cstdint>
#include <limits>

#include "model/ids.h"

namespace polylog::queue {

// Milliseconds of the shard's monotonic clock: when leases end and delays are over. What is stored
// is a remaining time beside a wall-clock hint (docs/formats/settlements.md): no step of the wall
// clock ends a lease.
using Tick = base::Strong<struct TickTag, int64_t>;

// Of a lease that only its holder ends.
constexpr Tick kNoDeadline{std::numeric_limits<int64_t>::max()};

// Counts a queue partition's leases; two leases of one message differ in it. Grows for ever, also
// over restarts. 0 is none.
using Attempt = base::Strong<struct AttemptTag, uint64_t>;

// One delivery of one message to somebody who now answers for it. Whoever holds the newest attempt
// holds the message.
struct Lease {
    model::Offset offset;
    Attempt attempt;

    auto operator<=>(const Lease&) const = default;
};

// How often a message was handed out, and how often that failed (a release by a crash or with a
// complaint; what counts as one is the front end's rule). Both stop at their greatest value.
struct DeliveryCounts {
    int64_t first_leased_at_ms = 0;  // wall clock; 0 before the first lease
    uint16_t leased = 0;
    uint8_t failed = 0;

    auto operator<=>(const DeliveryCounts&) const = default;
};

}  // namespace polylog::queue
