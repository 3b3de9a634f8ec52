#include "log/index_file.h"

#include <gtest/gtest.h>

#include <string>

#include "base/hex.h"

namespace polylog::log {
namespace {

constexpr uint32_t kCoveredBytes = 120'000;

std::string without_checksum(const base::Buffer& file) {
    return base::hex_encode(file.bytes().first(file.size() - sizeof(uint32_t)));
}

OffsetIndex offsets() {
    return OffsetIndex(
        {{.relative_offset = 10, .position = 40'000}, {.relative_offset = 20, .position = 80'000}});
}

TimeIndex times() {
    return TimeIndex({{.timestamp_ms = 3000, .relative_offset = 19}});
}

// The worked example of docs/formats/indexes.md.
TEST(IndexFile, EncodesTheDocumentedExample) {
    EXPECT_EQ(without_checksum(encode_index(offsets(), kCoveredBytes)),
              "0000000a00009c40"
              "0000001400013880"
              "504c4958"
              "00000001"
              "00000002"
              "0001d4c0"
              "00000000");
    EXPECT_EQ(without_checksum(encode_index(times(), kCoveredBytes)),
              "0000000000000bb8"
              "00000013"
              "504c5458"
              "00000001"
              "00000001"
              "0001d4c0"
              "00000000");
}

TEST(IndexFile, DecodesWhatItEncodesForThatPrefixOnly) {
    const base::Buffer offset_file = encode_index(offsets(), kCoveredBytes);
    const auto offset_index = decode_offset_index(offset_file.bytes(), kCoveredBytes);
    ASSERT_TRUE(offset_index);
    EXPECT_EQ(offset_index->entries(), offsets().entries());
    EXPECT_FALSE(decode_offset_index(offset_file.bytes(), kCoveredBytes + 1));
    EXPECT_FALSE(decode_time_index(offset_file.bytes(), kCoveredBytes));

    const base::Buffer time_file = encode_index(times(), kCoveredBytes);
    const auto time_index = decode_time_index(time_file.bytes(), kCoveredBytes);
    ASSERT_TRUE(time_index);
    EXPECT_EQ(time_index->entries(), times().entries());
    EXPECT_FALSE(decode_time_index(time_file.bytes(), kCoveredBytes + 1));
}

TEST(IndexFile, EntriesThatDoNotRiseOrLeaveTheSegmentAreRefused) {
    const OffsetIndex falls(
        {{.relative_offset = 20, .position = 40'000}, {.relative_offset = 10, .position = 80'000}});
    EXPECT_FALSE(decode_offset_index(encode_index(falls, kCoveredBytes).bytes(), kCoveredBytes));
    EXPECT_FALSE(decode_offset_index(encode_index(offsets(), 80'000).bytes(), 80'000));
    const TimeIndex late(
        {{.timestamp_ms = 2, .relative_offset = 5}, {.timestamp_ms = 2, .relative_offset = 6}});
    EXPECT_FALSE(decode_time_index(encode_index(late, kCoveredBytes).bytes(), kCoveredBytes));
}

}  // namespace
}  // namespace polylog::log
