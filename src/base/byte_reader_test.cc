#include "base/byte_reader.h"

#include <gtest/gtest.h>

#include "base/byte_writer.h"
#include "base/hex.h"

namespace polylog::base {
namespace {

TEST(ByteReader, ReadsBackWhatByteWriterWrote) {
    ByteWriter writer;
    writer.be<int16_t>(-2);
    writer.be<uint64_t>(0x0102030405060708);
    writer.uvarint(300);
    writer.uvarlong(UINT64_MAX);
    writer.varint(-65);
    writer.varlong(INT64_MIN);
    writer.text("name");
    const Slice slice = writer.finish();

    ByteReader reader(slice.bytes());
    EXPECT_EQ(reader.be<int16_t>(), -2);
    EXPECT_EQ(reader.be<uint64_t>(), 0x0102030405060708u);
    EXPECT_EQ(reader.uvarint(), 300u);
    EXPECT_EQ(reader.uvarlong(), UINT64_MAX);
    EXPECT_EQ(reader.varint(), -65);
    EXPECT_EQ(reader.varlong(), INT64_MIN);
    EXPECT_EQ(reader.remaining(), 4u);
    EXPECT_EQ(as_text(reader.take(4)), "name");
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.remaining(), 0u);
}

TEST(ByteReader, YieldsZerosForEverAfterAnOverrun) {
    ByteReader reader(as_bytes("abc"));
    EXPECT_EQ(reader.be<int32_t>(), 0);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.remaining(), 0u);
    EXPECT_EQ(reader.be<int8_t>(), 0);
    EXPECT_EQ(reader.uvarint(), 0u);
    EXPECT_EQ(reader.varlong(), 0);
    EXPECT_TRUE(reader.take(1).empty());
    EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, RefusesANegativeLengthAsAnOverrun) {
    ByteReader reader(as_bytes("abc"));
    EXPECT_TRUE(reader.take(static_cast<size_t>(int32_t{-1})).empty());
    EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, FailsOnAMalformedVarint) {
    const std::string bytes = hex_decode("ffffffff7f00").value();
    ByteReader reader(as_bytes(bytes));
    EXPECT_EQ(reader.uvarint(), 0u);
    EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, TakingNothingFromTheEndIsNoOverrun) {
    ByteReader reader(as_bytes(""));
    EXPECT_TRUE(reader.take(0).empty());
    EXPECT_TRUE(reader.ok());
}

TEST(ByteWriter, GrowsAndKeepsWhatItHas) {
    ByteWriter writer(1);
    for (int32_t i = 0; i < 1000; ++i) writer.be<int32_t>(i);
    EXPECT_EQ(writer.size_bytes(), 4000u);
    const Slice slice = writer.finish();
    ByteReader reader(slice.bytes());
    for (int32_t i = 0; i < 1000; ++i) EXPECT_EQ(reader.be<int32_t>(), i);
}

TEST(ByteWriter, PatchesALengthThatWasNotKnownBefore) {
    ByteWriter writer;
    writer.be<int32_t>(0);
    writer.text("body");
    writer.patch_be<int32_t>(0, static_cast<int32_t>(writer.size_bytes() - 4));
    EXPECT_EQ(hex_encode(writer.written()), "00000004626f6479");
}

TEST(ByteWriter, StartsAfreshOnceFinished) {
    ByteWriter writer;
    writer.text("first");
    const Slice first = writer.finish();
    EXPECT_EQ(writer.size_bytes(), 0u);
    writer.text("second");
    EXPECT_EQ(writer.finish().text(), "second");
    EXPECT_EQ(first.text(), "first");
    EXPECT_TRUE(ByteWriter().finish().empty());
}

TEST(ByteWriterDeathTest, PatchingBehindTheEndAborts) {
    ByteWriter writer;
    writer.be<int16_t>(1);
    EXPECT_DEATH(writer.patch_be<int32_t>(0, 1), "check failed");
}

}  // namespace
}  // namespace polylog::base
