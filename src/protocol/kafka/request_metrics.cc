#include "protocol/kafka/request_metrics.h"

namespace polylog::kafka {

namespace {

constexpr base::MetricSpec kRequestSeconds{
    .name = "polylog_request_seconds",
    .help = "Time from a request's last byte to its ready answer.",
    .unit = base::MetricUnit::seconds};
constexpr base::MetricSpec kFailures{
    .name = "polylog_requests_failed_total",
    .help = "Requests that could not be answered and cost their connection."};

constexpr base::MetricSpec kThrottled{
    .name = "polylog_throttled_total",
    .help = "Times a client was made to wait, or told to try again later, by the reason."};

constexpr std::string_view kReasons[kThrottles] = {"memory_slow", "memory_pause", "memory_refuse",
                                                   "disk"};

}  // namespace

RequestMetrics::RequestMetrics()
    : failures_(&registry_.counter(kFailures, {{"protocol", "kafka"}})) {
    for (const Served& served : served_apis()) {
        seconds_.push_back(
            &registry_.histogram(kRequestSeconds,
                                 {{"protocol", "kafka"}, {"op", std::string(served.api->name)}}));
    }
    for (size_t i = 0; i < kThrottles; ++i) {
        throttled_[i] = &registry_.counter(kThrottled, {{"protocol", "kafka"},
                                                        {"reason", std::string(kReasons[i])}});
    }
}

}  // namespace polylog::kafka
