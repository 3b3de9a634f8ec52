#pragma once

#include <cstddef>
#include <string>

#include "admin/lag_clock.h"
#include "base/metrics.h"
#include "broker/broker.h"
#include "io/task.h"

// What the rooms below the protocols can tell, as metrics. The families of single partitions and
// groups have the names and labels of kafka_exporter, so that dashboards made for it work.
namespace polylog::admin {

// What the metrics of a broker take beside the broker itself.
struct BrokerMetrics {
    // With more partitions, or more groups, than this their families are left out (a gauge says
    // so): a scrape stays below a second and a few megabytes.
    size_t objects_max = 1'000;
    std::string address = {};  // where clients reach this broker, "host:port"
};

// Adds counters of storage, and the gauges of topics, partitions and groups. On the first
// shard.
io::Task<void> add_broker_metrics(broker::Broker& broker, LagClock& lag_clock,
                                  base::MetricsSnapshot& snapshot, BrokerMetrics options);

}  // namespace polylog::admin
