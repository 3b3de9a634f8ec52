#pragma once

#include <array>
#include <vector>

#include "base/metrics.h"
#include "protocol/kafka/dispatch.h"

namespace polylog::kafka {

// Why a client was made to wait, or told to try again.
enum class Throttle : uint8_t {
    memory_slow,    // a producer was asked for a pause
    memory_pause,   // a producer was not read from for a while
    memory_refuse,  // records, or a frame, were refused for want of memory
    disk,           // records were refused because the disk is nearly full
};
constexpr size_t kThrottles = 4;

// How long the requests of each API took, from the whole frame to the ready answer; waiting for new
// records is part of a Fetch. One histogram for each API that is served: 2.4 KiB each. Lives on one
// shard.
class RequestMetrics {
public:
    RequestMetrics();

    // `served` is a row of served_apis().
    void record(const Served& served, base::Duration took) {
        seconds_[static_cast<size_t>(&served - served_apis().data())]->record(took);
    }
    // Requests that could not be answered: their connection was closed.
    void count_failure() { failures_->add(); }

    void count_throttle(Throttle reason) { throttled_[static_cast<size_t>(reason)]->add(); }

    // From any thread.
    base::MetricsSnapshot collect() const { return registry_.collect(); }

private:
    base::MetricsRegistry registry_;
    std::vector<base::Histogram*> seconds_;  // by the place in served_apis()
    base::Counter* failures_;
    std::array<base::Counter*, kThrottles> throttled_;
};

}  // namespace polylog::kafka
