#include "base/limits.h"

#include <gtest/gtest.h>

namespace polylog::base {
namespace {

constexpr Limits kDefaults;

TEST(Limits, StagesFollowEachOther) {
    EXPECT_LT(kDefaults.memory_slow_producers_percent, kDefaults.memory_pause_producers_percent);
    EXPECT_LT(kDefaults.memory_pause_producers_percent, kDefaults.memory_refuse_percent);
    EXPECT_LT(kDefaults.memory_refuse_percent, 100u);
    EXPECT_LT(kDefaults.disk_refuse_produce_percent, kDefaults.disk_read_only_percent);
    EXPECT_LT(kDefaults.disk_read_only_percent, 100u);
}

TEST(Limits, PartsAreSmallerThanTheWhole) {
    EXPECT_LT(kDefaults.frame_unauthenticated_max_bytes, kDefaults.frame_max_bytes);
    EXPECT_LT(kDefaults.connections_per_ip_max, kDefaults.connections_max);
    EXPECT_LT(kDefaults.partitions_per_topic_max, kDefaults.partitions_max);
}

TEST(Units, AreBinary) {
    EXPECT_EQ(1_KiB, 1024u);
    EXPECT_EQ(3_MiB, 3u * 1024 * 1024);
    EXPECT_EQ(2_GiB, 2147483648u);
}

}  // namespace
}  // namespace polylog::base
