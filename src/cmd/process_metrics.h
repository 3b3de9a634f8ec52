#pragma once

#include <string_view>

#include "base/metrics.h"

namespace polylog::cmd {

// What the kernel counts for this process, under the names that every Prometheus client uses.
void add_process_metrics(base::MetricsSnapshot& snapshot);

namespace detail {

constexpr base::MetricSpec kOpen{.name = "polylog_connections", .help = "Connections open now."};
constexpr base::MetricSpec kAccepted{.name = "polylog_connections_accepted_total",
                                     .help = "Connections accepted."};
constexpr base::MetricSpec kRefused{.name = "polylog_connections_refused_total",
                                    .help = "Connections refused because of a limit."};
constexpr base::MetricSpec kOverdue{
    .name = "polylog_connections_overdue_total",
    .help = "Connections closed for being idle, too slow, or not reading."};

}  // namespace detail

// The counts that every protocol's server keeps.
template <class Counts>
void add_connection_metrics(base::MetricsSnapshot& snapshot, std::string_view protocol,
                            const Counts& counts) {
    const base::MetricLabels labels{{"protocol", std::string(protocol)}};
    const auto number = [](auto value) { return static_cast<double>(value); };
    snapshot.add_gauge(detail::kOpen, labels, number(counts.open));
    snapshot.add_counter(detail::kAccepted, labels, number(counts.accepted));
    snapshot.add_counter(detail::kRefused, labels, number(counts.refused));
    snapshot.add_counter(detail::kOverdue, labels, number(counts.overdue));
}

}  // namespace polylog::cmd
