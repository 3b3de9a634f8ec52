#include "base/metrics.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace polylog::base {
namespace {

constexpr MetricSpec kRequests{.name = "polylog_requests_total", .help = "Requests."};
constexpr MetricSpec kConnections{.name = "polylog_connections", .help = "Open connections."};
constexpr MetricSpec kOldest{.name = "polylog_oldest_age_seconds",
                             .help = "Age of the oldest message.",
                             .unit = MetricUnit::seconds,
                             .gauge_merge = GaugeMerge::max};
constexpr MetricSpec kBusy{.name = "polylog_busy_seconds_total",
                           .help = "Time spent working.",
                           .unit = MetricUnit::seconds};
constexpr MetricSpec kLatency{.name = "polylog_request_seconds",
                              .help = "From request to answer.",
                              .unit = MetricUnit::seconds};

double number(const MetricsSnapshot& snapshot, std::string_view name,
              const MetricLabels& labels = {}) {
    const MetricsSnapshot::Value* value = snapshot.find(name, labels);
    return value ? std::get<double>(*value) : -1;
}

TEST(MetricsRegistry, TheSameNameAndLabelsAreTheSameMetric) {
    MetricsRegistry registry;
    Counter& fetch = registry.counter(kRequests, {{"op", "fetch"}});
    Counter& produce = registry.counter(kRequests, {{"op", "produce"}});
    EXPECT_NE(&fetch, &produce);
    EXPECT_EQ(&fetch, &registry.counter(kRequests, {{"op", "fetch"}}));
    fetch.add();
    fetch.add(2);
    const MetricsSnapshot snapshot = registry.collect();
    EXPECT_EQ(number(snapshot, kRequests.name, {{"op", "fetch"}}), 3);
    EXPECT_EQ(number(snapshot, kRequests.name, {{"op", "produce"}}), 0);
    EXPECT_EQ(snapshot.find(kRequests.name, {{"op", "none"}}), nullptr);
    EXPECT_EQ(snapshot.find("polylog_none"), nullptr);
}

TEST(MetricsRegistry, ShowsSecondsWhereNanosecondsWereCounted) {
    MetricsRegistry registry;
    registry.counter(kBusy).add(1'500'000'000);
    registry.gauge(kOldest).set(2.5);
    registry.histogram(kLatency).record(1ms);
    const MetricsSnapshot snapshot = registry.collect();
    EXPECT_EQ(number(snapshot, kBusy.name), 1.5);
    EXPECT_EQ(number(snapshot, kOldest.name), 2.5);
    const auto* latency = snapshot.find(kLatency.name);
    EXPECT_EQ(std::get<std::unique_ptr<HistogramCounts>>(*latency)->sum, 1'000'000u);
}

TEST(MetricsRegistry, CountsSeriesBeyondTheBoundTogether) {
    MetricsRegistry registry;
    for (size_t i = 0; i < MetricsRegistry::kMaxSeriesPerFamily + 10; ++i) {
        registry.counter(kRequests, {{"client", std::to_string(i)}}).add();
    }
    registry.counter(kRequests, {{"client", "0"}}).add();
    const MetricsSnapshot snapshot = registry.collect();
    EXPECT_EQ(number(snapshot, kRequests.name, {{"client", "(other)"}}), 10);
    EXPECT_EQ(number(snapshot, kRequests.name, {{"client", "0"}}), 2);
    EXPECT_EQ(snapshot.families().at(kRequests.name).series.size(),
              MetricsRegistry::kMaxSeriesPerFamily + 1);
}

TEST(MetricsSnapshot, MergesShardsBySumOrByMaximum) {
    MetricsRegistry first;
    MetricsRegistry second;
    first.counter(kRequests, {{"op", "fetch"}}).add(1);
    second.counter(kRequests, {{"op", "fetch"}}).add(2);
    second.counter(kRequests, {{"op", "produce"}}).add(4);
    first.gauge(kConnections).add(3);
    second.gauge(kConnections).add(-1);
    first.gauge(kOldest).set(7);
    second.gauge(kOldest).set(5);
    first.histogram(kLatency).record(1ms);
    second.histogram(kLatency).record(1s);

    MetricsSnapshot snapshot = first.collect();
    snapshot.merge(second.collect());
    EXPECT_EQ(number(snapshot, kRequests.name, {{"op", "fetch"}}), 3);
    EXPECT_EQ(number(snapshot, kRequests.name, {{"op", "produce"}}), 4);
    EXPECT_EQ(number(snapshot, kConnections.name), 2);
    EXPECT_EQ(number(snapshot, kOldest.name), 7);
    const auto* latency = snapshot.find(kLatency.name);
    EXPECT_EQ(std::get<std::unique_ptr<HistogramCounts>>(*latency)->count(), 2u);
}

TEST(MetricsRegistry, IsReadFromAnotherThreadWhileItsShardCounts) {
    MetricsRegistry registry;
    Counter& counter = registry.counter(kRequests);
    Histogram& histogram = registry.histogram(kLatency);
    constexpr uint64_t kTimes = 20'000;
    std::thread shard([&] {
        for (uint64_t i = 0; i < kTimes; ++i) {
            counter.add();
            histogram.record(i);
            if (i % 512 == 0) registry.gauge(kConnections, {{"name", std::to_string(i)}}).add(1);
        }
    });
    double last = 0;
    for (int i = 0; i < 20; ++i) {
        const double now = number(registry.collect(), kRequests.name);
        EXPECT_GE(now, last);
        last = now;
    }
    shard.join();
    EXPECT_EQ(number(registry.collect(), kRequests.name), kTimes);
    EXPECT_EQ(histogram.counts().count(), kTimes);
}

TEST(MetricsRegistryDeathTest, ContradictionsAbort) {
    MetricsRegistry registry;
    registry.counter(kRequests, {{"op", "fetch"}});
    EXPECT_DEATH(registry.gauge(kRequests, {{"op", "fetch"}}), "check failed");
    EXPECT_DEATH(registry.counter(kRequests, {{"operation", "fetch"}}), "check failed");
    EXPECT_DEATH(registry.counter({.name = "polylog_requests", .help = ""}), "check failed");
    EXPECT_DEATH(registry.gauge({.name = "polylog_x_total", .help = ""}), "check failed");
    EXPECT_DEATH(registry.gauge({.name = "Polylog-X", .help = ""}), "check failed");
}

}  // namespace
}  // namespace polylog::base
