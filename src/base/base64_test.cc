#include "base/base64.h"

#include <string>

#include <gtest/gtest.h>

#include "base/hex.h"

namespace polylog::base {
namespace {

// RFC 4648, section 10.
TEST(Base64, GivesTheVectorsOfTheRfc) {
    const std::pair<std::string_view, std::string_view> vectors[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(base64_encode(as_bytes(bytes)), text);
        EXPECT_EQ(base64_decode(text), bytes);
    }
}

TEST(Base64, UrlSafeUsesDashAndUnderscoreAndNoPadding) {
    EXPECT_EQ(base64url_encode(as_bytes("\xFB\xFF")), "-_8");
    EXPECT_EQ(base64_encode(as_bytes("\xFB\xFF")), "+/8=");
    EXPECT_EQ(base64url_decode("-_8"), "\xFB\xFF");
    EXPECT_FALSE(base64url_decode("+/8"));
    EXPECT_FALSE(base64url_decode("-_8="));
    EXPECT_FALSE(base64_decode("-_8="));
}

TEST(Base64, ReadsBackEveryByte) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        bytes.push_back(static_cast<char>(i));
        EXPECT_EQ(base64_decode(base64_encode(as_bytes(bytes))), bytes);
        EXPECT_EQ(base64url_decode(base64url_encode(as_bytes(bytes))), bytes);
    }
}

TEST(Base64, RefusesEverySecondSpelling) {
    for (const std::string_view text :
         {"Zg", "Zg=", "Zg===", "Zg==Zg==", "Zm9v=", "Zm9v====", "====", "Z",
          "Z===", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "=Zm9", "Zm\xC3\xA9"}) {
        EXPECT_FALSE(base64_decode(text)) << text;
    }
    EXPECT_FALSE(base64url_decode("Zh"));
    EXPECT_FALSE(base64url_decode("Z"));
    EXPECT_FALSE(base64url_decode("ZgZgZ"));
}

TEST(Hex, WritesLowerCaseAndReadsEither) {
    EXPECT_EQ(hex_encode(as_bytes("\x00\x9F\xFF")), "");
    EXPECT_EQ(hex_encode(as_bytes(std::string_view("\x00\x9F\xFF", 3))), "009fff");
    EXPECT_EQ(hex_decode("4a4B"), "JK");
    EXPECT_EQ(hex_decode(""), "");
}

TEST(Hex, RefusesOddLengthsAndOtherCharacters) {
    for (const std::string_view text : {"4", "4a4", "4g", "0x", " 4a", "\xC3\xA9"}) {
        EXPECT_FALSE(hex_decode(text)) << text;
    }
}

}  // namespace
}  // namespace polylog::base
