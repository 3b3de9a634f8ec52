#include "base/histogram.h"

#include <cmath>

#include <gtest/gtest.h>

namespace polylog::base {
namespace {

TEST(HistogramBuckets, CoverAllValuesWithoutGapOrOverlap) {
    uint64_t lowest = 1;
    for (size_t i = 0; i < HistogramBuckets::kCount; ++i) {
        const uint64_t highest = HistogramBuckets::upper_bound(i);
        ASSERT_EQ(HistogramBuckets::index_of(lowest), i);
        ASSERT_EQ(HistogramBuckets::index_of(highest), i);
        // 12.5 % wide at most, once buckets are wider than one value.
        ASSERT_LE((highest - lowest) * 8, lowest) << i;
        lowest = highest + 1;
    }
    EXPECT_EQ(lowest, (uint64_t{1} << HistogramBuckets::kMaxValueBits) + 1);
    EXPECT_EQ(HistogramBuckets::index_of(0), 0u);
    EXPECT_EQ(HistogramBuckets::index_of(UINT64_MAX), HistogramBuckets::kCount - 1);
}

TEST(Histogram, CountsUpToPowersOfTwoExactly) {
    Histogram histogram;
    for (uint64_t value = 1; value <= 5000; ++value) histogram.record(value);
    const HistogramCounts counts = histogram.counts();
    for (int bits = 0; bits <= 12; ++bits) {
        EXPECT_EQ(counts.count_up_to_power_of_two(bits), uint64_t{1} << bits);
    }
    EXPECT_EQ(counts.count_up_to_power_of_two(13), 5000u);
    EXPECT_EQ(counts.count(), 5000u);
    EXPECT_EQ(counts.sum, 5000u * 5001 / 2);
}

TEST(Histogram, QuantilesAreAtMostOneBucketTooHigh) {
    Histogram histogram;
    constexpr uint64_t kValues = 100'000;
    for (uint64_t value = 1; value <= kValues; ++value) histogram.record(value * 1000);
    const HistogramCounts counts = histogram.counts();
    for (const double q : {0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const double exact = std::ceil(q * kValues) * 1000;
        const auto estimate = static_cast<double>(counts.quantile(q));
        EXPECT_GE(estimate, exact);
        EXPECT_LE(estimate, exact * 1.125);
    }
}

TEST(Histogram, QuantilesOfNothingAndOfOneValue) {
    Histogram histogram;
    EXPECT_EQ(histogram.counts().quantile(0.5), 0u);
    histogram.record(uint64_t{7});
    EXPECT_EQ(histogram.counts().quantile(0), 7u);
    EXPECT_EQ(histogram.counts().quantile(1), 7u);
}

TEST(Histogram, TakesDurationsAsNanosecondsAndClocksSetBackAsNothing) {
    Histogram histogram;
    histogram.record(Duration(5us));
    histogram.record(Duration(-5us));
    EXPECT_EQ(histogram.counts().sum, 5000u);
    EXPECT_EQ(histogram.counts().count(), 2u);
}

TEST(HistogramCounts, MergeAddsBucketByBucket) {
    Histogram small;
    Histogram large;
    for (int i = 0; i < 99; ++i) small.record(uint64_t{10});
    large.record(uint64_t{1} << 20);
    HistogramCounts merged = small.counts();
    merged.merge(large.counts());
    EXPECT_EQ(merged.count(), 100u);
    EXPECT_EQ(merged.sum, 990u + (1u << 20));
    EXPECT_EQ(merged.quantile(0.99), 10u);
    EXPECT_EQ(merged.quantile(1), uint64_t{1} << 20);
}

}  // namespace
}  // namespace polylog::base
