#pragma once

#include <string_view>

#include "base/metrics.h"
#include "protocol/server/acceptor.h"

namespace polylog::cmd {

// What the kernel counts for this process, under the names that every Prometheus client uses.
void add_process_metrics(base::MetricsSnapshot& snapshot);

// What every protocol's listeners count of their connections.
void add_connection_metrics(base::MetricsSnapshot& snapshot, std::string_view protocol,
                            const server::ConnectionCounts& counts);

}  // namespace polylog::cmd
