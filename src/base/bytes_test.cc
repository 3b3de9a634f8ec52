#include "base/bytes.h"

#include <array>

#include <gtest/gtest.h>

#include "base/strong.h"
#include "base/time.h"

namespace polylog::base {
namespace {

TEST(Bytes, BigEndianPutsTheHighestByteFirstAtAnyAlignment) {
    std::array<std::byte, 9> memory{};
    store_be<int64_t>(&memory[1], 0x0102030405060708);
    EXPECT_EQ(memory[1], std::byte{1});
    EXPECT_EQ(memory[8], std::byte{8});
    EXPECT_EQ(load_be<int64_t>(&memory[1]), 0x0102030405060708);
    EXPECT_EQ(load_be<int16_t>(&memory[1]), 0x0102);
    EXPECT_EQ(load_be<int8_t>(&memory[8]), 8);
}

TEST(Bytes, LittleEndianPutsTheLowestByteFirstAtAnyAlignment) {
    std::array<std::byte, 5> memory{};
    store_le<uint32_t>(&memory[1], 0x01020304);
    EXPECT_EQ(memory[1], std::byte{4});
    EXPECT_EQ(load_le<uint32_t>(&memory[1]), 0x01020304u);
    EXPECT_EQ(load_be<uint32_t>(&memory[1]), 0x04030201u);
}

TEST(Bytes, NegativeNumbersKeepTheirSign) {
    std::array<std::byte, 4> memory{};
    store_be<int32_t>(memory.data(), -2);
    EXPECT_EQ(load_be<int32_t>(memory.data()), -2);
    EXPECT_EQ(load_be<uint32_t>(memory.data()), 0xFFFFFFFEu);
}

TEST(Strong, ComparesAndHashesAsItsValueButDoesNotConvert) {
    using Offset = Strong<struct OffsetTag, int64_t>;
    EXPECT_LT(Offset{1}, Offset{2});
    EXPECT_EQ(std::hash<Offset>{}(Offset{7}), std::hash<int64_t>{}(7));
    EXPECT_FALSE((std::is_convertible_v<int64_t, Offset>));
    EXPECT_FALSE((std::is_convertible_v<Offset, int64_t>));
}

TEST(Time, MillisecondsBeyondTheClockSaturate) {
    EXPECT_EQ(to_unix_ms(from_unix_ms(1'767'322'800'123)), 1'767'322'800'123);
    EXPECT_EQ(from_unix_ms(INT64_MAX), WallTime::max());
    EXPECT_EQ(from_unix_ms(INT64_MIN), WallTime::min());
}

}  // namespace
}  // namespace polylog::base
