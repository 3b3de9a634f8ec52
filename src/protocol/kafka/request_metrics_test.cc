#include "protocol/kafka/request_metrics.h"

#include <gtest/gtest.h>

namespace polylog::kafka {
namespace {

TEST(RequestMetrics, CountsEachApiUnderItsOwnName) {
    RequestMetrics metrics;
    metrics.record(*find_served(3), std::chrono::milliseconds(2));
    metrics.record(*find_served(3), std::chrono::milliseconds(4));

    const base::MetricsSnapshot snapshot = metrics.collect();
    const auto count_of = [&snapshot](const char* op) {
        const auto* value = snapshot.find("polylog_request_seconds",
                                          {{"protocol", "kafka"}, {"op", op}});
        return std::get<std::unique_ptr<base::HistogramCounts>>(*value)->count();
    };
    EXPECT_EQ(count_of("Metadata"), 2);
    EXPECT_EQ(count_of("Produce"), 0);
}

}  // namespace
}  // namespace polylog::kafka
