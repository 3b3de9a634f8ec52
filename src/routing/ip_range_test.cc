#include "routing/ip_range.h"

#include <string>

#include <gtest/gtest.h>

namespace polylog::routing {
namespace {

bool contains(std::string_view cidr, std::string_view address) {
    const auto range = IpRange::parse(cidr);
    EXPECT_TRUE(range) << cidr;
    const auto parsed = IpAddress::parse(address);
    return range && parsed && range->contains(*parsed);
}

std::string refusal(std::string_view cidr) {
    const auto range = IpRange::parse(cidr);
    return range ? "" : std::string(range.error().detail());
}

TEST(IpRange, ContainsTheAddressesThatShareTheMaskedBits) {
    EXPECT_TRUE(contains("10.1.2.0/24", "10.1.2.255"));
    EXPECT_FALSE(contains("10.1.2.0/24", "10.1.3.0"));
    EXPECT_TRUE(contains("10.1.2.77/24", "10.1.2.1"));
    EXPECT_TRUE(contains("192.168.128.0/17", "192.168.255.255"));
    EXPECT_FALSE(contains("192.168.128.0/17", "192.168.127.255"));
    EXPECT_TRUE(contains("0.0.0.0/0", "255.255.255.255"));
    EXPECT_TRUE(contains("1.2.3.4/32", "1.2.3.4"));
    EXPECT_FALSE(contains("1.2.3.4/32", "1.2.3.5"));
    EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
    EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
    EXPECT_TRUE(contains("::1/128", "0:0:0:0:0:0:0:1"));
}

TEST(IpRange, FamiliesDoNotMix) {
    EXPECT_FALSE(contains("0.0.0.0/0", "::1"));
    EXPECT_FALSE(contains("::/0", "127.0.0.1"));
}

TEST(IpRange, ReadsEveryFormOfAnAddress) {
    for (const std::string_view text :
         {"::ffff:10.1.2.3", "0:0:0:0:0:ffff:a01:203", "::FFFF:0a01:0203", "0::ffff:a01:203"}) {
        EXPECT_TRUE(contains("::ffff:a01:203/128", text)) << text;
    }
    EXPECT_TRUE(contains("::/128", "0:0:0:0:0:0:0.0.0.0"));
    EXPECT_TRUE(contains("1::/128", "1::"));
    EXPECT_TRUE(contains("1:2:3:4:5:6:7:0/128", "1:2:3:4:5:6:7::"));
    EXPECT_TRUE(contains("fe80::1:2/128", "fe80:0:0::1:2"));
    for (const std::string_view text :
         {":", "1", "1:2", ":1::", "1:::2", "1::2::3", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7",
          "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::", "::g", "1::2:", "::1.2.3",
          "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "fe80::1%eth0", "1.2.3.4::", "-1::"}) {
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    }
    for (const std::string_view text : {"1.2.3", "1.2.3.4.5", "1.2.3.04", "1.2.3.256", "1.2.3.",
                                        ".1.2.3", "1..2.3", "+1.2.3.4", "0x1.2.3.4", "1.2.3.4."}) {
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    }
}

TEST(IpRange, WhatIsNoAddressIsNotInside) {
    using std::literals::operator""sv;
    for (const std::string_view text : {""sv, "10.1.2"sv, "10.1.2.300"sv, "10.1.2.1 "sv,
                                        "10.1.2.1/24"sv, "10.1.2.1\0"sv, "host"sv, ":::"sv}) {
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    }
    EXPECT_FALSE(IpAddress::parse(std::string(100'000, '1')));
}

TEST(IpRange, RefusesWhatIsNoRange) {
    EXPECT_EQ(refusal("10.0.0.0"), "Malformed CIDR, one '/' required");
    EXPECT_EQ(refusal("10.0.0.0/8/9"), "Malformed CIDR, one '/' required");
    EXPECT_EQ(refusal("10.0.0.0/"), "Malformed CIDR, mask bits must be an integer");
    EXPECT_EQ(refusal("10.0.0.0/8x"), "Malformed CIDR, mask bits must be an integer");
    EXPECT_EQ(refusal("10.0.0.0/99999999999"), "Malformed CIDR, mask bits must be an integer");
    EXPECT_EQ(refusal("10.0.0.0/-1"), "Malformed CIDR, mask bits must not be negative");
    EXPECT_EQ(refusal("10.0.0.999/8"), "Nonstandard IP address: 10.0.0.999");
    EXPECT_EQ(refusal("xx/8"), "Nonstandard IP address: xx");
    EXPECT_EQ(refusal("10.0.0.0/33"), "IPv4 mask bits must be <= 32");
    EXPECT_EQ(refusal("::/129"), "IPv6 mask bits must be <= 128");
}

}  // namespace
}  // namespace polylog::routing
