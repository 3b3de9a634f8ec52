#pragma once

#include "base/strong.h"
#include "base/time.h"

namespace polylog::sim {

// Virtual time: what an observer outside the simulated world would measure, from 0 at its
// beginning. No program under test ever sees it; it sees its node's clocks.
struct VirtualClock {
    using rep = int64_t;
    using period = std::nano;
    using duration = base::Duration;
    using time_point = std::chrono::time_point<VirtualClock>;
    static constexpr bool is_steady = true;
};
using Instant = VirtualClock::time_point;

// Later than anything that happens.
constexpr Instant kEndOfTime = Instant::max();

// A machine in the world, numbered from 0 in the order of World::add_node.
using NodeId = base::Strong<struct NodeIdTag, uint32_t>;
constexpr NodeId kNoNode{UINT32_MAX};

}  // namespace polylog::sim
