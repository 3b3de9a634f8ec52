#include "base/slice.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace polylog::base {
namespace {

TEST(Buffer, StartsAtTheAlignmentThatWasAskedFor) {
    const Buffer buffer = Buffer::allocate(5000, 4096);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 4096, 0u);
    EXPECT_EQ(buffer.size(), 5000u);
}

TEST(Buffer, IsUniqueUntilItIsCopiedAndAgainWhenTheCopyIsGone) {
    Buffer buffer = Buffer::copy_of(as_bytes("record"));
    EXPECT_TRUE(buffer.unique());
    {
        const Buffer copy = buffer;
        EXPECT_FALSE(buffer.unique());
        EXPECT_EQ(copy.data(), buffer.data());
    }
    EXPECT_TRUE(buffer.unique());
    EXPECT_FALSE(Buffer().unique());
}

TEST(Slice, PartSharesTheBytesAndKeepsThemAlive) {
    Slice part;
    {
        const Slice whole = Slice::copy_of("key and value");
        part = whole.part(8, 5);
        EXPECT_EQ(part.data(), whole.data() + 8);
    }
    EXPECT_EQ(part.text(), "value");
    EXPECT_TRUE(part.buffer().unique());
}

TEST(Slice, AroundTurnsADecodersViewIntoAnOwner) {
    const Slice frame = Slice::copy_of("header|body");
    const Slice body = frame.around(frame.bytes().subspan(7));
    EXPECT_EQ(body.text(), "body");
    EXPECT_FALSE(frame.buffer().unique());
}

TEST(SliceDeathTest, PartOutsideTheSliceAborts) {
    const Slice slice = Slice::copy_of("abc");
    EXPECT_DEATH(slice.part(2, 2), "check failed");
    EXPECT_DEATH(slice.part(4, SIZE_MAX), "check failed");
}

TEST(Slice, OfNothingIsEmptyAndHasNoBytes) {
    const Slice slice;
    EXPECT_TRUE(slice.empty());
    EXPECT_EQ(slice.text(), "");
    EXPECT_EQ(Slice::copy_of("").size(), 0u);
}

}  // namespace
}  // namespace polylog::base
