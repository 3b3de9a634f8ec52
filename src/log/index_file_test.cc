#include "log/index_file.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/hex.h"

namespace polylog::log {
namespace {

constexpr uint32_t kCovered = 120'000;

// The worked example of docs/formats/indexes.md.
const OffsetIndex kOffsets({{.relative_offset = 10, .position = 40'000},
                            {.relative_offset = 20, .position = 80'000}});
const TimeIndex kTimes({{.timestamp_ms = 3000, .relative_offset = 19}});

std::string without_crc(const base::Buffer& file) {
    return base::hex_encode(file.bytes().first(file.size() - 4));
}

TEST(IndexFile, EncodesTheDocumentedExample) {
    EXPECT_EQ(without_crc(encode_index(kOffsets, kCovered)),
              "0000000a00009c40"
              "0000001400013880"
              "504c4958000000010000000200"
              "01d4c000000000");
    EXPECT_EQ(without_crc(encode_index(kTimes, kCovered)),
              "0000000000000bb800000013"
              "504c5458000000010000000100"
              "01d4c000000000");
}

TEST(IndexFile, DecodesWhatItEncodes) {
    const auto offsets = decode_offset_index(encode_index(kOffsets, kCovered).bytes(), kCovered);
    ASSERT_TRUE(offsets);
    EXPECT_EQ(offsets->entries(), kOffsets.entries());
    const auto times = decode_time_index(encode_index(kTimes, kCovered).bytes(), kCovered);
    ASSERT_TRUE(times);
    EXPECT_EQ(times->entries(), kTimes.entries());
}

TEST(IndexFile, IsStaleWhenItCoversAnythingButTheWantedBytes) {
    const base::Buffer file = encode_index(kOffsets, kCovered);
    EXPECT_FALSE(decode_offset_index(file.bytes(), kCovered - 1));
    EXPECT_FALSE(decode_offset_index(file.bytes(), kCovered + 1));
    EXPECT_FALSE(decode_time_index(file.bytes(), kCovered)) << "the other kind of index";
}

TEST(IndexFile, RefusesEveryFlippedBitAndEveryCut) {
    const base::Buffer file = encode_index(kOffsets, kCovered);
    std::vector<std::byte> bytes(file.bytes().begin(), file.bytes().end());
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto flipped = bytes;
        flipped[bit / 8] ^= std::byte(1 << (bit % 8));
        EXPECT_FALSE(decode_offset_index(flipped, kCovered)) << bit;
    }
    for (size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode_offset_index(base::Bytes(bytes).first(size), kCovered)) << size;
}

TEST(IndexFile, RefusesPositionsBehindWhatItCovers) {
    EXPECT_FALSE(decode_offset_index(encode_index(kOffsets, 80'000).bytes(), 80'000));
}

}  // namespace
}  // namespace polylog::log
