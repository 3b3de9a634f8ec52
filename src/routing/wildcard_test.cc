#include "routing/wildcard.h"

#include <gtest/gtest.h>

namespace polylog::routing {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
    const auto wildcard = Wildcard::parse(pattern);
    EXPECT_TRUE(wildcard) << pattern;
    return wildcard && wildcard->matches(text);
}

std::string refusal(std::string_view pattern) {
    const auto wildcard = Wildcard::parse(pattern);
    return wildcard ? "" : std::string(wildcard.error().detail());
}

TEST(Wildcard, StarStandsForAnyTextAlsoNone) {
    EXPECT_TRUE(matches("*", ""));
    EXPECT_TRUE(matches("*", "anything"));
    EXPECT_TRUE(matches("a*c", "ac"));
    EXPECT_TRUE(matches("a*c", "abbc"));
    EXPECT_FALSE(matches("a*c", "abcd"));
    EXPECT_FALSE(matches("a*c", "a"));
    EXPECT_TRUE(matches("*.png", "a.b.png"));
    EXPECT_TRUE(matches("img*", "img"));
    EXPECT_TRUE(matches("*a*b*a*", "xaxbxax"));
    EXPECT_FALSE(matches("*a*b*a*", "xaxb"));
}

TEST(Wildcard, WithoutAStarIsEquality) {
    EXPECT_TRUE(matches("abc", "abc"));
    EXPECT_FALSE(matches("abc", "abcd"));
    EXPECT_TRUE(matches("", ""));
    EXPECT_FALSE(matches("", "a"));
}

TEST(Wildcard, PiecesDoNotOverlap) {
    EXPECT_FALSE(matches("aba*aba", "ababa"));
    EXPECT_TRUE(matches("aba*aba", "abaaba"));
    EXPECT_FALSE(matches("*aa*aa", "aaa"));
    EXPECT_TRUE(matches("*aa*aa", "aaaa"));
}

TEST(Wildcard, BackslashMakesAStarPlain) {
    EXPECT_TRUE(matches(R"(a\*b*)", "a*bc"));
    EXPECT_FALSE(matches(R"(a\*b*)", "axbc"));
    EXPECT_TRUE(matches(R"(\\*)", R"(\x)"));
}

TEST(Wildcard, RefusesStarsInARowAndOtherEscapes) {
    EXPECT_EQ(refusal("a**b"), "Consecutive wildcard characters at pos 2");
    EXPECT_EQ(refusal(R"(a\nb)"), "Invalid escape character at pos 2");
    EXPECT_EQ(refusal("abc\\"), "Invalid escape character at pos 4");
    EXPECT_EQ(refusal(R"(*\*)"), "");
}

TEST(Wildcard, IsLinearOnTextsThatNearlyMatch) {
    const std::string text(1 << 20, 'a');
    const std::string pattern = "*" + std::string(1 << 16, 'a') + "b*";
    EXPECT_FALSE(matches(pattern, text));
}

}  // namespace
}  // namespace polylog::routing
