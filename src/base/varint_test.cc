#include "base/varint.h"

#include <array>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "base/hex.h"

namespace polylog::base {
namespace {

template <class T>
std::string encoded(T value) {
    std::array<std::byte, kMaxVarintBytes<T>> bytes;
    const size_t size = encode_varint(bytes.data(), value);
    EXPECT_EQ(size, varint_size(value));
    return hex_encode(Bytes(bytes).first(size));
}

template <class T>
DecodedVarint<T> decoded(std::string_view hex) {
    const std::string bytes = hex_decode(hex).value();
    return decode_varint<T>(as_bytes(bytes));
}

TEST(Varint, WritesSevenBitsPerByteLowestFirst) {
    EXPECT_EQ(encoded<uint32_t>(0), "00");
    EXPECT_EQ(encoded<uint32_t>(127), "7f");
    EXPECT_EQ(encoded<uint32_t>(128), "8001");
    EXPECT_EQ(encoded<uint32_t>(300), "ac02");
    EXPECT_EQ(encoded<uint32_t>(UINT32_MAX), "ffffffff0f");
    EXPECT_EQ(encoded<uint64_t>(UINT64_MAX), "ffffffffffffffffff01");
}

TEST(Varint, ReadsBackEveryLengthOfNumber) {
    for (int bit = 0; bit < 64; ++bit) {
        for (const uint64_t value : {uint64_t{1} << bit, (uint64_t{1} << bit) - 1}) {
            const std::string hex = encoded(value);
            EXPECT_EQ(decoded<uint64_t>(hex).value, value);
            EXPECT_EQ(decoded<uint64_t>(hex).size_bytes, hex.size() / 2);
        }
    }
}

TEST(Varint, StopsBehindTheNumber) {
    EXPECT_EQ(decoded<uint32_t>("ac02ffff").size_bytes, 2u);
    EXPECT_EQ(decoded<uint32_t>("ac02ffff").value, 300u);
}

TEST(Varint, RefusesTruncatedOverlongAndOverflowingNumbers) {
    EXPECT_EQ(decoded<uint32_t>("").size_bytes, 0u);
    EXPECT_EQ(decoded<uint32_t>("80").size_bytes, 0u);
    EXPECT_EQ(decoded<uint32_t>("ffffffff").size_bytes, 0u);
    EXPECT_EQ(decoded<uint32_t>("ffffffff10").size_bytes, 0u);
    EXPECT_EQ(decoded<uint32_t>("808080808000").size_bytes, 0u);
    EXPECT_EQ(decoded<uint64_t>("ffffffffffffffffff02").size_bytes, 0u);
    EXPECT_EQ(decoded<uint64_t>("8080808080808080808000").size_bytes, 0u);
}

TEST(Varint, AcceptsNeedlesslyLongEncodings) {
    EXPECT_EQ(decoded<uint32_t>("8100").value, 1u);
    EXPECT_EQ(decoded<uint32_t>("8080808000").size_bytes, 5u);
}

TEST(Zigzag, KeepsSmallNumbersOfEitherSignSmall) {
    EXPECT_EQ(zigzag(int32_t{0}), 0u);
    EXPECT_EQ(zigzag(int32_t{-1}), 1u);
    EXPECT_EQ(zigzag(int32_t{1}), 2u);
    EXPECT_EQ(zigzag(std::numeric_limits<int32_t>::max()), 0xFFFFFFFEu);
    EXPECT_EQ(zigzag(std::numeric_limits<int64_t>::min()), UINT64_MAX);
}

TEST(Zigzag, ReadsBackTheExtremes) {
    for (const int32_t value : {INT32_MIN, INT32_MIN + 1, -1, 0, 1, INT32_MAX}) {
        EXPECT_EQ(unzigzag(zigzag(value)), value);
    }
    for (const int64_t value : {INT64_MIN, INT64_MIN + 1, int64_t{-1}, int64_t{0}, INT64_MAX}) {
        EXPECT_EQ(unzigzag(zigzag(value)), value);
    }
}

}  // namespace
}  // namespace polylog::base
