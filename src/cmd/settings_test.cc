#include "cmd/settings.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace polylog::cmd {
namespace {

using base::operator""_MiB;
using base::operator""_GiB;

TEST(MemorySettings, TakeAShareOfTheMachineUnlessASizeIsSet) {
    base::Limits limits;
    EXPECT_EQ(memory_budget_bytes(limits, 1000), 500u);
    limits.memory_budget_bytes = 64_MiB;
    EXPECT_EQ(memory_budget_bytes(limits, 1000), 64_MiB);
}

TEST(MemorySettings, ChangeNothingOnAMachineThatIsLargeEnough) {
    const Settings fitted = within_memory(Settings(), 2_GiB);
    EXPECT_EQ(fitted.limits.frame_max_bytes, Settings().limits.frame_max_bytes);
    EXPECT_EQ(fitted.storage.tail_cache_bytes, Settings().storage.tail_cache_bytes);
    EXPECT_EQ(fitted.storage.unflushed_bytes_max, Settings().storage.unflushed_bytes_max);
}

TEST(MemorySettings, KeepRecentBatchesToHalfOfASmallBudgetAndARequestToAConnectionsShare) {
    Settings settings;
    settings.shards = 2;
    const Settings fitted = within_memory(settings, 64_MiB);
    EXPECT_EQ(fitted.storage.tail_cache_bytes, 16_MiB);
    EXPECT_EQ(fitted.storage.unflushed_bytes_max, 8_MiB);
    EXPECT_LE(fitted.limits.frame_max_bytes, 16_MiB);
    EXPECT_GT(fitted.limits.frame_max_bytes, 15_MiB);
}

TEST(DescriptorSettings, ChangeNothingWhenThereAreEnough) {
    const Settings fitted = within_descriptors(Settings(), 100'000);
    EXPECT_EQ(fitted.limits.connections_max, Settings().limits.connections_max);
    EXPECT_EQ(fitted.storage.open_files_max, Settings().storage.open_files_max);
}

TEST(DescriptorSettings, KeepConnectionsToHalfAndSegmentsOfAllShardsToAQuarter) {
    Settings settings;
    settings.shards = 2;
    const Settings fitted = within_descriptors(settings, 1024);
    EXPECT_EQ(fitted.limits.connections_max, 512u);
    EXPECT_EQ(fitted.storage.open_files_max, 128u);
}

}  // namespace
}  // namespace polylog::cmd
