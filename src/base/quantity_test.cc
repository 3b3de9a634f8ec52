#include "base/quantity.h"

#include <gtest/gtest.h>

namespace polylog::base {
namespace {

TEST(Quantity, ParsesDurations) {
    EXPECT_EQ(parse_duration("5m").value(), 5min);
    EXPECT_EQ(parse_duration("1h30m").value(), 90min);
    EXPECT_EQ(parse_duration("7d").value(), 168h);
    EXPECT_EQ(parse_duration("1500ms").value(), 1500ms);
    EXPECT_EQ(parse_duration("1s5us3ns").value(), 1s + 5us + 3ns);
    EXPECT_EQ(parse_duration("0").value(), 0s);
    EXPECT_EQ(parse_duration("0s").value(), 0s);
}

TEST(Quantity, RefusesDurationsThatAreNotClear) {
    for (const std::string_view text :
         {"", "5", "m", "5 m", "5m ", "-5m", "+5m", "5M", "1.5h", "30m1h", "1m1m", "5m3", "5min",
          "99999999999999999999s", "106752d", "9223372036854775807s", "1e3s"}) {
        const auto duration = parse_duration(text);
        ASSERT_FALSE(duration) << text;
        EXPECT_EQ(duration.error(), ErrorCode::invalid_config);
    }
    EXPECT_EQ(parse_duration("30m1h").error().detail(),
              "'30m1h' must name larger units first and each unit once");
}

TEST(Quantity, FormatsDurationsExactly) {
    EXPECT_EQ(format_duration(90min), "1h30m");
    EXPECT_EQ(format_duration(1500ms), "1s500ms");
    EXPECT_EQ(format_duration(0s), "0s");
    EXPECT_EQ(format_duration(-5min), "-5m");
    for (const Duration duration : {Duration(1), Duration::max(), Duration(7 * 24h), 1h + 1ns}) {
        EXPECT_EQ(parse_duration(format_duration(duration)).value(), duration);
    }
    EXPECT_EQ(format_duration(Duration::min()), "-106751d23h47m16s854ms775us808ns");
}

TEST(Quantity, RoundsDurationsToThreeDigits) {
    EXPECT_EQ(rounded_duration(41ms), "41ms");
    EXPECT_EQ(rounded_duration(41'239us), "41.2ms");
    EXPECT_EQ(rounded_duration(1'259ms), "1.25s");
    EXPECT_EQ(rounded_duration(150min), "2.5h");
    EXPECT_EQ(rounded_duration(999'999us), "999ms");
    EXPECT_EQ(rounded_duration(-3ns), "-3ns");
    EXPECT_EQ(rounded_duration(0s), "0s");
    EXPECT_EQ(rounded_duration(Duration::min()), "-106751d");
}

TEST(Quantity, ParsesSizes) {
    EXPECT_EQ(parse_size("64MiB").value(), 67'108'864u);
    EXPECT_EQ(parse_size("1GB").value(), 1'000'000'000u);
    EXPECT_EQ(parse_size("10kB").value(), 10'000u);
    EXPECT_EQ(parse_size("10KB").value(), 10'000u);
    EXPECT_EQ(parse_size("512B").value(), 512u);
    EXPECT_EQ(parse_size("4096").value(), 4096u);
    EXPECT_EQ(parse_size("0").value(), 0u);
    EXPECT_EQ(parse_size("18446744073709551615").value(), UINT64_MAX);
}

TEST(Quantity, RefusesSizesThatAreNotClear) {
    for (const std::string_view text : {"", "B", "64M", "64m", "64mb", "64 MiB", "1.5GiB", "-1B",
                                        "1MiB2KiB", "0x10", "18446744073709551616", "16384PiB"}) {
        const auto size = parse_size(text);
        ASSERT_FALSE(size) << text;
        EXPECT_EQ(size.error(), ErrorCode::invalid_config);
    }
}

TEST(Quantity, FormatsSizesExactly) {
    EXPECT_EQ(format_size(67'108'864), "64MiB");
    EXPECT_EQ(format_size(1000), "1000B");
    EXPECT_EQ(format_size(0), "0B");
    EXPECT_EQ(format_size(uint64_t{1} << 60), "1024PiB");
    for (const uint64_t size : {uint64_t{1}, uint64_t{1536}, UINT64_MAX, uint64_t{1} << 40}) {
        EXPECT_EQ(parse_size(format_size(size)).value(), size);
    }
}

TEST(Quantity, RoundsSizesToThreeDigits) {
    EXPECT_EQ(rounded_size(1'431'655'765), "1.33GiB");
    EXPECT_EQ(rounded_size(1023), "1023B");
    EXPECT_EQ(rounded_size(1024), "1KiB");
    EXPECT_EQ(rounded_size(15'900), "15.5KiB");
    EXPECT_EQ(rounded_size(0), "0B");
}

TEST(Quantity, CountsOneAndSeveral) {
    EXPECT_EQ(counted(1, "record"), "1 record");
    EXPECT_EQ(counted(0, "record"), "0 records");
    EXPECT_EQ(counted(1000, "record"), "1000 records");
}

}  // namespace
}  // namespace polylog::base
