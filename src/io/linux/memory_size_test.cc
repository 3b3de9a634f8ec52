#include "io/linux/memory_size.h"

#include <gtest/gtest.h>

namespace polylog::io {
namespace {

TEST(MemorySize, IsTheSmallerOfMachineAndControlGroup) {
    EXPECT_EQ(limited_memory_bytes("1073741824\n", 2'000'000'000), 1073741824u);
    EXPECT_EQ(limited_memory_bytes("9223372036854771712\n", 2'000'000'000), 2'000'000'000u);
    EXPECT_EQ(limited_memory_bytes("max\n", 2'000'000'000), 2'000'000'000u);
    EXPECT_EQ(limited_memory_bytes("", 2'000'000'000), 2'000'000'000u);
    EXPECT_GT(usable_memory_bytes(), 64u << 20);
}

}  // namespace
}  // namespace polylog::io
