#pragma once

#include <cstddef>

#include "base/limits.h"
#include "base/time.h"

namespace polylog::coordinator {

// Bounds and timings; the broker's configuration provides them.
struct GroupConfig {
    base::Duration session_timeout_min = std::chrono::seconds(6);
    base::Duration session_timeout_max = std::chrono::minutes(30);
    base::Duration initial_rebalance_delay = std::chrono::seconds(3);
    base::Duration offsets_retention = std::chrono::hours(24 * 7);
    base::Duration expiry_interval = std::chrono::minutes(10);
    size_t offset_metadata_bytes_max = 4096;
    size_t group_size_max = 10'000;  // members of one group
    // Groups of one coordinator; beyond it no new one is made.
    size_t groups_max = base::Limits{}.groups_max;
    // Names and metadata of all protocols that one member offers.
    size_t member_bytes_max = size_t{1} << 20;
    // Of one member; stock clients offer up to four.
    size_t member_protocols_max = 100;
};

}  // namespace polylog::coordinator
