#include "base/crc32c.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace polylog::base {
namespace {

std::vector<std::byte> random_bytes(size_t size) {
    std::mt19937 random(42);
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    return bytes;
}

// RFC 3720, appendix B.4, in the byte order of the number.
TEST(Crc32c, GivesTheKnownValues) {
    EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283u);
    EXPECT_EQ(crc32c({}), 0u);
    EXPECT_EQ(crc32c(as_bytes(std::string(32, '\0'))), 0x8A9136AAu);
    EXPECT_EQ(crc32c(as_bytes(std::string(32, '\xFF'))), 0x62A8AB43u);
}

TEST(Crc32c, TheTableAgreesAtEveryLengthAndAlignment) {
    const std::vector<std::byte> bytes = random_bytes(700);
    for (size_t start = 0; start < 9; ++start) {
        for (size_t size = 0; start + size <= bytes.size(); ++size) {
            const Bytes part = Bytes(bytes).subspan(start, size);
            ASSERT_EQ(crc32c(part), crc32c_extend_by_table(0, part)) << start << " " << size;
        }
    }
    EXPECT_EQ(crc32c(random_bytes(1 << 20)), crc32c_extend_by_table(0, random_bytes(1 << 20)));
}

TEST(Crc32c, ExtendsOverAnySplit) {
    const std::vector<std::byte> bytes = random_bytes(1000);
    const uint32_t whole = crc32c(bytes);
    for (size_t split = 0; split <= bytes.size(); ++split) {
        const uint32_t front = crc32c(Bytes(bytes).first(split));
        ASSERT_EQ(crc32c_extend(front, Bytes(bytes).subspan(split)), whole) << split;
    }
}

}  // namespace
}  // namespace polylog::base
