#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "model/ids.h"
#include "queue/lease.h"

// What is logged of a queue's delivery state: docs/formats/settlements.md. Each says what is so
// afterwards, not what was done, so that replaying a suffix twice gives the same state.
namespace polylog::queue {

// Why a message goes to the dead-letter queue.
enum class DeathReason : uint8_t { delivered_too_often, rejected, expired, over_length };

// Offsets [first, last], all treated alike.
struct Range {
    model::Offset first;
    model::Offset last;

    auto operator<=>(const Range&) const = default;
};

struct Settled {
    Range range;
    bool operator==(const Settled&) const = default;
};
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
    Attempt first_attempt;  // the others follow
    DeliveryCounts counts;
    bool operator==(const Leased&) const = default;
};
struct Condemned {
    Range range;
    DeathReason reason{};
    DeliveryCounts counts;
    bool operator==(const Condemned&) const = default;
};
// Snapshots only: where the cursor stood.
struct Cursor {
    model::Offset offset;
    Attempt next_attempt;
    bool operator==(const Cursor&) const = default;
};

using Settlement =
    std::variant<Settled, SettledBelow, Released, Delayed, Leased, Condemned, Cursor>;

}  // namespace polylog::queue
