#include "cmd/aws_secrets.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace polylog::cmd {
namespace {

// A directory for one test.
class AwsSecrets : public ::testing::Test {
protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "polylog-secrets-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        directory_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    std::string directory_;
};

TEST_F(AwsSecrets, AreLinesOfIdsAndSecrets) {
    const auto keys = parse_access_keys("# ours\n\nAKID  s3cret/+\r\n\tOTHER\tx\n");
    ASSERT_TRUE(keys);
    ASSERT_EQ(keys->size(), 2);
    EXPECT_TRUE(keys->at("AKID").equals("s3cret/+"));
    EXPECT_TRUE(keys->at("OTHER").equals("x"));
}

TEST_F(AwsSecrets, AreNotShownInErrors) {
    for (const std::string_view text : {"a b\nAKID s3cret more\n", "a b\nAKID\n", "a b\na c"}) {
        const auto keys = parse_access_keys(text);
        ASSERT_FALSE(keys);
        EXPECT_TRUE(keys.error().detail().contains("line 2"));
        EXPECT_FALSE(keys.error().detail().contains("s3cret"));
    }
}

TEST_F(AwsSecrets, SayThatTheirFileIsMissing) {
    EXPECT_EQ(read_access_keys(directory_ + "/none").error(), base::ErrorCode::not_found);
}

TEST_F(AwsSecrets, ReceiptKeyIsMadeOnceAndForItsOwnerAlone) {
    const auto first = receipt_key_of(directory_);
    ASSERT_TRUE(first) << first.error().message();
    EXPECT_EQ(first->reveal().size(), 32);
    const auto again = receipt_key_of(directory_);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->equals(first->reveal()));
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(directory_ + "/receipt.key").permissions(),
              perms::owner_read | perms::owner_write);
}

TEST_F(AwsSecrets, ADamagedReceiptKeyIsRefused) {
    std::ofstream(directory_ + "/receipt.key") << "short";
    EXPECT_EQ(receipt_key_of(directory_).error(), base::ErrorCode::corrupt);
}

}  // namespace
}  // namespace polylog::cmd
