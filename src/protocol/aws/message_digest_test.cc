#include "protocol/aws/message_digest.h"

#include <gtest/gtest.h>

namespace polylog::aws {
namespace {

sqs::MessageAttribute text(std::string type, std::string value) {
    return {.string_value = std::move(value), .data_type = std::move(type)};
}

TEST(MessageDigest, IsTheMd5OfTheBody) {
    EXPECT_EQ(md5_of_body(""), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(md5_of_body("hello"), "5d41402abc4b2a76b9719d911017c592");
}

// The values that SQS itself answered.
TEST(MessageDigest, OfAttributesIsWhatSqsComputes) {
    EXPECT_EQ(md5_of_attributes({{"timestamp", text("Number", "1493147359900")}}),
              "235c5c510d26fb653d073faed50ae77c");
    EXPECT_EQ(md5_of_attributes({{"k", text("String", "x")}}), "a45daa70926828a2f0a1db3418e6feb4");
    EXPECT_EQ(md5_of_attributes({}), std::nullopt);
}

TEST(MessageDigest, TellsTextFromBytesAndTypesWithASuffixApart) {
    sqs::MessageAttribute binary{.binary_value = Blob{"x"}, .data_type = "Binary"};
    const auto plain = md5_of_attributes({{"k", binary}});
    EXPECT_NE(plain, md5_of_attributes({{"k", text("String", "x")}}));
    binary.data_type = "Binary.png";
    EXPECT_NE(plain, md5_of_attributes({{"k", binary}}));
}

}  // namespace
}  // namespace polylog::aws
