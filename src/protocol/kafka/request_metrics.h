#pragma once

#include <vector>

#include "base/metrics.h"
#include "protocol/kafka/dispatch.h"

namespace polylog::kafka {

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

    // From any thread.
    base::MetricsSnapshot collect() const { return registry_.collect(); }

private:
    base::MetricsRegistry registry_;
    std::vector<base::Histogram*> seconds_;  // by the place in served_apis()
    base::Counter* failures_;
};

}  // namespace polylog::kafka
