#include "base/metrics_text.h"

#include <cmath>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polylog::base {
namespace {

using testing::HasSubstr;

MetricsSnapshot sample() {
    MetricsSnapshot snapshot;
    snapshot.add_counter({.name = "polylog_requests_total", .help = "Requests \\ by\nname."},
                         {{"op", "a\"b\\c\nd\xFF"}, {"proto", "x"}}, 3);
    snapshot.add_gauge({.name = "polylog_log_bytes", .help = "Size.", .unit = MetricUnit::bytes},
                       {}, 1e15);
    HistogramCounts counts;
    counts.buckets[HistogramBuckets::index_of(1 << 20)] = 2;  // about 1 ms
    counts.buckets[HistogramBuckets::index_of((1 << 20) + 1)] = 1;
    counts.sum = 3'145'729;
    snapshot.add_histogram({.name = "polylog_fsync_seconds",
                            .help = "Fsync.",
                            .unit = MetricUnit::seconds},
                           {{"disk", "a"}}, counts);
    return snapshot;
}

TEST(MetricsText, WritesPrometheusText) {
    const std::string text = render_metrics(sample(), MetricsFormat::prometheus);
    EXPECT_THAT(text, testing::StartsWith("# HELP polylog_fsync_seconds Fsync.\n"
                                          "# TYPE polylog_fsync_seconds histogram\n"));
    EXPECT_THAT(text, HasSubstr("\n# HELP polylog_log_bytes Size.\n"
                                "# TYPE polylog_log_bytes gauge\n"
                                "polylog_log_bytes 1e+15\n"));
    const std::string op = "op=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD\"";
    EXPECT_THAT(text, HasSubstr("# HELP polylog_requests_total Requests \\\\ by\\nname.\n"
                                "# TYPE polylog_requests_total counter\n"));
    EXPECT_THAT(text, testing::EndsWith("\npolylog_requests_total{" + op + ",proto=\"x\"} 3\n"));
}

TEST(MetricsText, HistogramsCountUpToEachBound) {
    const std::string text = render_metrics(sample(), MetricsFormat::prometheus);
    const std::string bucket = "polylog_fsync_seconds_bucket{disk=\"a\",le=";
    EXPECT_THAT(text, HasSubstr(bucket + "\"0.000524288\"} 0\n"));
    EXPECT_THAT(text, HasSubstr(bucket + "\"0.001048576\"} 2\n"));
    EXPECT_THAT(text, HasSubstr(bucket + "\"0.002097152\"} 3\n"));
    EXPECT_THAT(text, HasSubstr(bucket + "\"+Inf\"} 3\n"
                                         "polylog_fsync_seconds_sum{disk=\"a\"} 0.003145729\n"
                                         "polylog_fsync_seconds_count{disk=\"a\"} 3\n"));
}

TEST(MetricsText, OpenMetricsNamesFamiliesWithoutTotalAndHasUnitsAndAnEnd) {
    const std::string text = render_metrics(sample(), MetricsFormat::open_metrics);
    EXPECT_THAT(text, HasSubstr("# TYPE polylog_requests counter\npolylog_requests_total{"));
    EXPECT_THAT(text, HasSubstr("# TYPE polylog_log_bytes gauge\n"
                                "# UNIT polylog_log_bytes bytes\n"));
    EXPECT_THAT(text, testing::EndsWith("\n# EOF\n"));
}

TEST(MetricsText, OpenMetricsWritesWholeBoundsAsFloats) {
    MetricsSnapshot snapshot;
    snapshot.add_histogram({.name = "polylog_batch_records", .help = "Records."}, {}, {});
    const std::string open_metrics = render_metrics(snapshot, MetricsFormat::open_metrics);
    EXPECT_THAT(open_metrics, HasSubstr("{le=\"1024.0\"} 0\n"));
    const std::string prometheus = render_metrics(snapshot, MetricsFormat::prometheus);
    EXPECT_THAT(prometheus, HasSubstr("{le=\"1024\"} 0\n"));
}

TEST(MetricsText, SpellsOutNumbersThatAreNone) {
    MetricsSnapshot snapshot;
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const MetricSpec spec{.name = "polylog_x", .help = "X."};
    snapshot.add_gauge(spec, {{"v", "a"}}, kInfinity);
    snapshot.add_gauge(spec, {{"v", "b"}}, -kInfinity);
    snapshot.add_gauge(spec, {{"v", "c"}}, std::nan(""));
    EXPECT_EQ(render_metrics(snapshot, MetricsFormat::prometheus),
              "# HELP polylog_x X.\n# TYPE polylog_x gauge\n"
              "polylog_x{v=\"a\"} +Inf\npolylog_x{v=\"b\"} -Inf\npolylog_x{v=\"c\"} NaN\n");
}

TEST(MetricsText, OfNothingIsEmpty) {
    EXPECT_EQ(render_metrics({}, MetricsFormat::prometheus), "");
    EXPECT_EQ(render_metrics({}, MetricsFormat::open_metrics), "# EOF\n");
}

}  // namespace
}  // namespace polylog::base
