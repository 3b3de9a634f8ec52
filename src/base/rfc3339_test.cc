#include "base/rfc3339.h"

#include <gtest/gtest.h>

namespace polylog::base {
namespace {

TEST(Rfc3339, FormatsToTheMillisecondInUtc) {
    EXPECT_EQ(format_rfc3339(int64_t{0}), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(format_rfc3339(int64_t{1'767'323'045'678}), "2026-01-02T03:04:05.678Z");
    EXPECT_EQ(format_rfc3339(int64_t{951'827'696'789}), "2000-02-29T12:34:56.789Z");
    EXPECT_EQ(format_rfc3339(int64_t{-1}), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(format_rfc3339(WallTime{}), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(format_rfc3339(WallTime{Duration(-1)}), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, FormatsWhatTheCalendarCannotHoldAsANumber) {
    EXPECT_EQ(format_rfc3339(int64_t{-62'167'219'200'000}), "0000-01-01T00:00:00.000Z");
    EXPECT_EQ(format_rfc3339(int64_t{-62'167'219'200'001}), "-62167219200001");
    EXPECT_EQ(format_rfc3339(int64_t{253'402'300'799'999}), "9999-12-31T23:59:59.999Z");
    EXPECT_EQ(format_rfc3339(int64_t{253'402'300'800'000}), "253402300800000");
    EXPECT_EQ(format_rfc3339(INT64_MAX), "9223372036854775807");
    EXPECT_EQ(format_rfc3339(INT64_MIN), "-9223372036854775808");
}

// RFC 3339, section 5.8, among others.
TEST(Rfc3339, ParsesFractionsAndOffsets) {
    EXPECT_EQ(parse_rfc3339("1985-04-12T23:20:50.52Z"), 482'196'050'520);
    EXPECT_EQ(parse_rfc3339("1996-12-19T16:39:57-08:00"), 851'042'397'000);
    EXPECT_EQ(parse_rfc3339("1937-01-01T12:00:27.87+00:20"), -1'041'337'172'130);
    EXPECT_EQ(parse_rfc3339("2026-01-02t03:04:05.678999999z"), 1'767'323'045'678);
    EXPECT_EQ(parse_rfc3339("2026-01-02 03:04Z"), 1'767'323'040'000);
}

TEST(Rfc3339, ParsesBackWhatItFormats) {
    for (int64_t unix_ms = -62'167'219'200'000; unix_ms < 253'402'300'800'000;
         unix_ms += 987'654'321'987) {
        EXPECT_EQ(parse_rfc3339(format_rfc3339(unix_ms)), unix_ms);
    }
}

TEST(Rfc3339, RefusesEverythingElse) {
    for (const std::string_view text : {"",
                                        "2026",
                                        "2026-01-02",
                                        "2026-01-02T03:04:05",
                                        "2026-01-02T03:04:05+0100",
                                        "2026-1-2T03:04:05Z",
                                        "2026-13-02T03:04:05Z",
                                        "2026-00-02T03:04:05Z",
                                        "2025-02-29T03:04:05Z",
                                        "2026-01-02T24:00:00Z",
                                        "2026-01-02T23:60:00Z",
                                        "2026-01-02T23:59:60Z",
                                        "2026-01-02T03:04:05.Z",
                                        "2026-01-02T03:04:05Z ",
                                        " 2026-01-02T03:04:05Z",
                                        "2026-01-02T03:04:05+24:00",
                                        "-026-01-02T03:04:05Z",
                                        "12026-01-02T03:04:05Z",
                                        "0000-01-01T00:00:00+00:01",
                                        "9999-12-31T23:59:59-00:01"}) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
}

}  // namespace
}  // namespace polylog::base
