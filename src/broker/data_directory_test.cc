#include "broker/data_directory.h"

#include <gtest/gtest.h>

namespace polylog::broker {
namespace {

using base::ErrorCode;

constexpr std::string_view kDocumented = "version=1\nid=AAECAwQFBgcICQoLDA0ODw\nshards=2\n";

std::string with(std::string_view line, std::string_view other) {
    std::string text(kDocumented);
    return text.replace(text.find(line), line.size(), other);
}

TEST(DataDirectory, ReadsAndWritesTheDocumentedExample) {
    const auto directory = decode_data_directory(kDocumented);
    ASSERT_TRUE(directory);
    EXPECT_EQ(directory->shard_count, 2u);
    EXPECT_EQ(encode_data_directory(*directory), kDocumented);
}

TEST(DataDirectory, RefusesVersionsThatNeverWereAndTellsNewerOnesApart) {
    EXPECT_EQ(decode_data_directory(with("version=1", "version=0")).error(), ErrorCode::corrupt);
    EXPECT_EQ(decode_data_directory(with("version=1", "version=-1")).error(), ErrorCode::corrupt);
    EXPECT_EQ(decode_data_directory(with("version=1\n", "")).error(), ErrorCode::corrupt);
    EXPECT_EQ(decode_data_directory(with("version=1", "version=2")).error(),
              ErrorCode::unsupported_version);
}

TEST(DataDirectory, RefusesShardsAndIdsThatCannotBe) {
    for (const std::string_view shards : {"shards=0", "shards=1025", "shards=", "shards=2 "}) {
        EXPECT_EQ(decode_data_directory(with("shards=2", shards)).error(), ErrorCode::corrupt);
    }
    EXPECT_EQ(decode_data_directory(with("id=AAEC", "id=")).error(), ErrorCode::corrupt);
    EXPECT_EQ(decode_data_directory("").error(), ErrorCode::corrupt);
}

}  // namespace
}  // namespace polylog::broker
