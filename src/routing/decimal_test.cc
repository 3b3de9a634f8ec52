#include "routing/decimal.h"

#include <string>

#include <gtest/gtest.h>

namespace polylog::routing {
namespace {

Decimal number(std::string_view text) {
    const auto parsed = Decimal::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(Decimal());
}

TEST(Decimal, EqualsWhateverTheNotation) {
    for (const std::string_view text : {"301.5", "3.015e2", "3015E-1", "+301.50", "0301.5",
                                        "0.003015e+5", "301500000e-6", "301.5e0"}) {
        EXPECT_EQ(number(text), number("301.5")) << text;
    }
    EXPECT_EQ(number("-0"), number("0"));
    EXPECT_EQ(number("0e999999999999999999"), number("0"));
    EXPECT_EQ(number(".5"), number("0.5"));
    EXPECT_EQ(number("5."), number("5"));
    EXPECT_EQ(number("1000000000"), Decimal::from_integer(1'000'000'000));
}

TEST(Decimal, LooksAtFiveDigitsAfterThePoint) {
    EXPECT_EQ(number("123.456789"), number("123.4567"
                                           "81"));
    EXPECT_NE(number("123.45678"), number("123.45679"));
    EXPECT_EQ(number("0.000009"), number("0"));
    EXPECT_EQ(number("-0.000009"), number("0"));
    EXPECT_EQ(number("1e-5").previous(), number("0"));
    EXPECT_EQ(number("1e-99999999999999999999"), number("0"));
}

TEST(Decimal, OrdersNumbers) {
    const std::string_view ascending[] = {"-1e9", "-2.5", "-2.49999", "0",   "0.1",
                                          "3",    "20",   "1e9",      "2e9", "1e33"};
    for (size_t at = 1; at < std::size(ascending); ++at) {
        EXPECT_LT(number(ascending[at - 1]), number(ascending[at])) << ascending[at];
    }
}

TEST(Decimal, IsExactWhereDoublesAreNot) {
    EXPECT_NE(number("9007199254740993"), number("9007199254740992"));
    EXPECT_NE(number("123456789012345678901234567890123"),
              number("123456789012345678901234567890124"));
    EXPECT_NE(number("123456789012345678901234567890123.00001"),
              number("123456789012345678901234567890123"));
}

TEST(Decimal, BeyondItsRangeOnlyTheSignCounts) {
    EXPECT_EQ(number("1e34"), number("1e999999999999999999999"));
    EXPECT_EQ(number("-1e34"), number("-" + std::string(100'000, '9')));
    EXPECT_LT(number("999999999999999999999999999999999.99999"), number("1e33"));
    EXPECT_LT(number("-1e34"), number("1e34"));
    EXPECT_LT(Decimal::lowest(), number("-1e34"));
    EXPECT_GT(Decimal::highest(), number("1e34"));
    EXPECT_EQ(number("0." + std::string(100'000, '0') + "1e100001"), number("1"));
}

TEST(Decimal, RefusesWhatIsNoNumber) {
    for (const std::string_view text : {"", "-", "+", ".", "e5", "1e", "1e+", "1.5x", " 1", "1 ",
                                        "0x10", "1e1.5", "--1", "inf", "nan", "1,000", "-.e1"}) {
        EXPECT_FALSE(Decimal::parse(text)) << text;
    }
}

}  // namespace
}  // namespace polylog::routing
