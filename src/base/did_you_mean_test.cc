#include "base/did_you_mean.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace polylog::base {
namespace {

constexpr std::array<std::string_view, 5> kKnown = {"retention.ms", "retention.bytes", "segment.ms",
                                                    "cleanup.policy", "topic"};

TEST(DidYouMean, ForgivesSlipsOfTheFingers) {
    EXPECT_EQ(nearest_name("retention.m", kKnown), "retention.ms");
    EXPECT_EQ(nearest_name("retnetion.bytes", kKnown), "retention.bytes");
    EXPECT_EQ(nearest_name("Segment.Ms", kKnown), "segment.ms");
    EXPECT_EQ(nearest_name("cleanup_policy", kKnown), "cleanup.policy");
    EXPECT_EQ(nearest_name("topics", kKnown), "topic");
    EXPECT_EQ(nearest_name("tpoic", kKnown), "topic");
}

TEST(DidYouMean, IsSilentWhenNothingIsNear) {
    EXPECT_FALSE(nearest_name("queue", kKnown));
    EXPECT_FALSE(nearest_name("", kKnown));
    EXPECT_FALSE(nearest_name("min.insync.replicas", kKnown));
    EXPECT_FALSE(nearest_name(std::string(1000, 'a'), kKnown));
    EXPECT_FALSE(nearest_name("topic", {}));
}

TEST(DidYouMean, TheFirstOfEqualsWins) {
    constexpr std::array<std::string_view, 2> kEqual = {"cat", "bat"};
    EXPECT_EQ(nearest_name("hat", kEqual), "cat");
}

}  // namespace
}  // namespace polylog::base
