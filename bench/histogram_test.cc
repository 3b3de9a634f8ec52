#include "bench/histogram.h"

#include <gtest/gtest.h>

#include <limits>

namespace polylog::bench {
namespace {

TEST(Histogram, IsEmptyUntilSomethingIsRecorded) {
    const Histogram histogram;
    EXPECT_EQ(histogram.count(), 0u);
    EXPECT_EQ(histogram.max(), 0u);
    EXPECT_EQ(histogram.percentile(0.99), 0u);
}

TEST(Histogram, KeepsSmallValuesExact) {
    Histogram histogram;
    for (uint64_t value = 1; value <= 200; ++value) histogram.record(value);
    EXPECT_EQ(histogram.percentile(0.5), 100u);
    EXPECT_EQ(histogram.percentile(0.99), 198u);
    EXPECT_EQ(histogram.percentile(1.0), 200u);
}

TEST(Histogram, ReportsPercentilesWithinOnePercentAboveTheTrueValue) {
    Histogram histogram;
    constexpr uint64_t kValues = 100'000;
    for (uint64_t value = 1; value <= kValues; ++value) histogram.record(value * 1'000);
    for (const double fraction : {0.01, 0.5, 0.9, 0.99, 0.999}) {
        const double exact = fraction * kValues * 1'000;
        const auto reported = static_cast<double>(histogram.percentile(fraction));
        EXPECT_GE(reported, exact) << fraction;
        EXPECT_LE(reported, exact * 1.008) << fraction;
    }
}

TEST(Histogram, NeverReportsMoreThanTheLargestValue) {
    Histogram histogram;
    histogram.record(1'000'001);
    EXPECT_EQ(histogram.percentile(0.5), 1'000'001u);
    EXPECT_EQ(histogram.percentile(1.0), 1'000'001u);
}

TEST(Histogram, TakesTheWholeRangeOfValues) {
    Histogram histogram;
    histogram.record(0);
    histogram.record(std::numeric_limits<uint64_t>::max());
    EXPECT_EQ(histogram.percentile(0.5), 0u);
    EXPECT_EQ(histogram.percentile(1.0), std::numeric_limits<uint64_t>::max());
}

TEST(Histogram, ASingleOutlierShowsOnlyAboveItsRank) {
    Histogram histogram;
    for (int i = 0; i < 999; ++i) histogram.record(100);
    histogram.record(50'000'000);
    EXPECT_EQ(histogram.percentile(0.99), 100u);
    EXPECT_EQ(histogram.percentile(0.999), 100u);
    EXPECT_EQ(histogram.percentile(1.0), 50'000'000u);
}

TEST(Histogram, ForgetsEverythingWhenCleared) {
    Histogram histogram;
    histogram.record(7);
    histogram.clear();
    EXPECT_EQ(histogram.count(), 0u);
    EXPECT_EQ(histogram.percentile(1.0), 0u);
}

}  // namespace
}  // namespace polylog::bench
