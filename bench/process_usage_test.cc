#include "bench/process_usage.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace polylog::bench {
namespace {

TEST(ProcessUsage, AddsUserAndSystemTicksOfAStatLine) {
    const auto ticks = parse_cpu_ticks(
        "42 (server) S 1 42 42 0 -1 4194560 9 0 0 0 120 35 7 8 20 0 2 0 99 1 2");
    ASSERT_TRUE(ticks);
    EXPECT_EQ(*ticks, 155u);
}

TEST(ProcessUsage, ReadsPastACommandNameOfSpacesAndParentheses) {
    const auto ticks = parse_cpu_ticks(
        "42 (a ) 1 (b) S 1 42 42 0 -1 4194560 9 0 0 0 3 4 0 0 20 0 2 0 99");
    ASSERT_TRUE(ticks);
    EXPECT_EQ(*ticks, 7u);
}

TEST(ProcessUsage, RefusesATruncatedStatLine) {
    EXPECT_FALSE(parse_cpu_ticks(""));
    EXPECT_FALSE(parse_cpu_ticks("42 (server"));
    EXPECT_FALSE(parse_cpu_ticks("42 (server) S 1 42 42 0 -1 4194560 9 0 0 0"));
    EXPECT_FALSE(parse_cpu_ticks("42 (server) S 1 42 42 0 -1 4194560 9 0 0 0 x 35"));
    EXPECT_FALSE(parse_cpu_ticks("42 (server) S 1 42 42 0 -1 4194560 9 0 0 0 120"));
}

TEST(ProcessUsage, FindsACounterByItsWholeKeyAtTheLineStart) {
    constexpr std::string_view
        kStatus = "Name:\tserver\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\nThreads:\t2\n";
    EXPECT_EQ(parse_counter(kStatus, "VmRSS:"), 1024u);
    EXPECT_EQ(parse_counter(kStatus, "VmHWM:"), 2048u);
    EXPECT_EQ(parse_counter(kStatus, "RSS:"), 0u);
    EXPECT_EQ(parse_counter("", "VmRSS:"), 0u);
}

TEST(ProcessUsage, ReadsThisProcess) {
    const auto usage = read_process_usage(getpid());
    ASSERT_TRUE(usage);
    EXPECT_GT(usage->resident_bytes, 0u);
    EXPECT_GE(usage->peak_resident_bytes, usage->resident_bytes);
}

TEST(ProcessUsage, SaysWhenThereIsNoSuchProcess) {
    constexpr pid_t kAbovePidMax = 1 << 23;
    EXPECT_FALSE(read_process_usage(kAbovePidMax));
}

}  // namespace
}  // namespace polylog::bench
