#include "base/utf8.h"

#include <gtest/gtest.h>

namespace polylog::base {
namespace {

TEST(Utf8, AcceptsTheFirstAndLastOfEachLength) {
    for (const std::string_view text :
         {"a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
          "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_EQ(utf8_sequence_size(text), text.size());
        EXPECT_TRUE(is_utf8(text));
    }
    EXPECT_EQ(utf8_sequence_size("ab"), 1u);
    EXPECT_EQ(utf8_sequence_size(std::string_view("\0", 1)), 1u);
}

TEST(Utf8, RefusesOverlongSurrogateBeyondTheLastAndTruncated) {
    for (const std::string_view text :
         {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE1\x80",
          "\xE1\x80\x41", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF1\x80\x80", "\xF4\x90\x80\x80",
          "\xF5\x80\x80\x80", "\xFF"}) {
        EXPECT_EQ(utf8_sequence_size(text), 0u) << text;
        EXPECT_FALSE(is_utf8(text));
    }
    EXPECT_EQ(utf8_sequence_size(""), 0u);
    EXPECT_TRUE(is_utf8(""));
    EXPECT_FALSE(is_utf8("caf\xC3"));
}

}  // namespace
}  // namespace polylog::base
