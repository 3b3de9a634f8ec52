#include "routing/case_folding.h"

#include <gtest/gtest.h>

namespace polylog::routing {
namespace {

TEST(CaseFolding, MakesLettersOfAllItsAlphabetsAlike) {
    EXPECT_EQ(fold_case("Hello, World 42"), "hello, world 42");
    EXPECT_EQ(fold_case("ÀÉÎÕÜÞ"), "àéîõüþ");
    EXPECT_EQ(fold_case("ĀŁŹŸſ"), "āłźÿs");
    EXPECT_EQ(fold_case("ΆΈΏΑΩςµ"), "άέώαωσμ");
    EXPECT_EQ(fold_case("ЀЯӀҐ"), "ѐяӏґ");
    EXPECT_EQ(fold_case("Ա"), "ա");
    EXPECT_EQ(fold_case("ẀỲ"), "ẁỳ");
    EXPECT_EQ(fold_case("Ａ"), "ａ");
}

TEST(CaseFolding, LeavesTheRestAsItIs) {
    for (const std::string_view text :
         {"", "àéÿāł", "×÷ĸ", "東京 😀", "\xFF\xC3", "a\xED\xA0\x80z", "\xF0\x9F\x98"}) {
        EXPECT_EQ(fold_case(text), text);
    }
}

TEST(CaseFolding, IsIdempotent) {
    std::string all;
    for (int letter = 0x80; letter < 0x800; ++letter) {
        all += static_cast<char>(0xC0 | letter >> 6);
        all += static_cast<char>(0x80 | (letter & 0x3F));
    }
    EXPECT_EQ(fold_case(fold_case(all)), fold_case(all));
}

}  // namespace
}  // namespace polylog::routing
