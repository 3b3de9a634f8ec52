#include "cmd/verbs/offset_expression.h"

#include <gtest/gtest.h>

namespace polylog::cmd {
namespace {

using Kind = OffsetBound::Kind;
constexpr int64_t kNowMs = 1'767'323'045'000;  // 2026-01-02T03:04:05Z

OffsetBound bound(std::string_view text) {
    const auto parsed = parse_offset_bound(text, kNowMs);
    EXPECT_TRUE(parsed.has_value()) << text;
    return parsed.value_or(OffsetBound{});
}

TEST(OffsetExpression, NamesPlacesInTheLog) {
    EXPECT_EQ(bound("start"), (OffsetBound{Kind::start, 0}));
    EXPECT_EQ(bound("end"), (OffsetBound{Kind::end, 0}));
    EXPECT_EQ(bound("47"), (OffsetBound{Kind::offset, 47}));
    EXPECT_EQ(bound("-10"), (OffsetBound{Kind::before_end, 10}));
    EXPECT_EQ(bound("+10"), (OffsetBound{Kind::after_start, 10}));
}

TEST(OffsetExpression, NamesTimesAsPeopleWriteThem) {
    EXPECT_EQ(bound("@2026-01-02T03:04:05Z"), (OffsetBound{Kind::time, kNowMs}));
    EXPECT_EQ(bound("@2026-01-02"), (OffsetBound{Kind::time, 1'767'312'000'000}));
    EXPECT_EQ(bound("@1767323045"), (OffsetBound{Kind::time, kNowMs}));
    EXPECT_EQ(bound("@1767323045000"), (OffsetBound{Kind::time, kNowMs}));
    EXPECT_EQ(bound("@-1h"), (OffsetBound{Kind::time, kNowMs - 3'600'000}));
    EXPECT_EQ(bound("@1h30m"), (OffsetBound{Kind::time, kNowMs - 5'400'000}));
    EXPECT_EQ(bound("@now"), (OffsetBound{Kind::time, kNowMs}));
}

TEST(OffsetExpression, RefusesWhatIsNoPlace) {
    for (const std::string_view text :
         {"", "-", "+", "@", "x", "1x", "--1", "@x", "@2026-13-01", "-99999999999999999999"}) {
        EXPECT_FALSE(parse_offset_bound(text, kNowMs).has_value()) << text;
    }
}

TEST(OffsetExpression, PartsARangeOfTimesAtTheRightColon) {
    const auto range = parse_offset_range("@2026-01-02T03:04Z:@now", kNowMs);
    ASSERT_TRUE(range.has_value());
    EXPECT_EQ(range->from, (OffsetBound{Kind::time, kNowMs - 5'000}));
    EXPECT_EQ(range->to, (OffsetBound{Kind::time, kNowMs}));
    EXPECT_EQ(parse_offset_range("@-1h:end", kNowMs)->to, (OffsetBound{Kind::end, 0}));
    EXPECT_EQ(parse_offset_range("@2026-01-02T03:04Z", kNowMs)->to, std::nullopt);
    EXPECT_FALSE(parse_offset_range("1:x", kNowMs).has_value());
}

TEST(OffsetExpression, StaysWithinTheLog) {
    const LogEnds ends{100, 200};
    EXPECT_EQ(resolve(bound("start"), ends), 100);
    EXPECT_EQ(resolve(bound("end"), ends), 200);
    EXPECT_EQ(resolve(bound("150"), ends), 150);
    EXPECT_EQ(resolve(bound("7"), ends), 100);
    EXPECT_EQ(resolve(bound("900"), ends), 200);
    EXPECT_EQ(resolve(bound("-30"), ends), 170);
    EXPECT_EQ(resolve(bound("-9223372036854775807"), ends), 100);
    EXPECT_EQ(resolve(bound("+9223372036854775807"), ends), 200);
}

}  // namespace
}  // namespace polylog::cmd
