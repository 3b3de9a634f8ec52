#include "log/checkpoint_format.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/hex.h"

namespace polylog::log {
namespace {

using base::ErrorCode;
using model::Offset;
using model::ProducerId;

LogRecord example() {
    LogRecord log{
        .topic_name = "ab",
        .end = {5},
        .high_watermark = {5},
        .segment_bytes = 1 << 20,
        .segments = {{.size_bytes = 500, .first_timestamp_ms = 1000, .max_timestamp_ms = 2000}},
        .epochs = {{.epoch = {3}, .start = {0}}}};
    for (uint8_t i = 0; i < 16; ++i) log.id.topic.value.bytes[i] = i;
    log.id.partition = {2};
    return log;
}

base::Slice encoded(const LogRecord& log) {
    CheckpointHeader header{.durable = {9}};
    header.data_directory_id.bytes.fill(0x11);
    return encode_checkpoint(header, {encode_record(log)});
}

// The worked example of docs/formats/checkpoint.md; its checksum is the last thing in the file.
TEST(CheckpointFormat, EncodesTheDocumentedExample) {
    const std::string file = base::hex_encode(encoded(example()).bytes());
    EXPECT_EQ(file.substr(0, 128),
              "50434b3101000000"
              "11111111111111111111111111111111"
              "0000000000000000"
              "09000000000000000000000000000000"
              "01000000000000000000000000000000");
    EXPECT_EQ(file.substr(128, 218),
              "69000000"
              "000102030405060708090a0b0c0d0e0f"
              "02000000"
              "00"
              "02006162"
              "0000000000000000"
              "0500000000000000"
              "0500000000000000"
              "00001000"
              "01000000"
              "0000000000000000"
              "f4010000"
              "e803000000000000"
              "d007000000000000"
              "01000000"
              "03000000"
              "0000000000000000"
              "00000000");
    EXPECT_EQ(file.size(), 128u + 218u + 8u);
}

TEST(CheckpointFormat, DecodesWhatItEncodes) {
    LogRecord log = example();
    ProducerState::Producer producer{.epoch = {4}, .batch_count = 1, .last_timestamp_ms = 2000};
    producer.batches[0] = {.first_sequence = 0,
                           .last_sequence = 4,
                           .first_offset = {0},
                           .last_offset = {4},
                           .timestamp_ms = 2000};
    log.producers = {{ProducerId{5}, producer}, {ProducerId{6}, {}}};
    const auto checkpoint = decode_checkpoint(encoded(log).bytes());
    ASSERT_TRUE(checkpoint) << checkpoint.error().message();
    EXPECT_EQ(checkpoint->header.durable, WalSequence{9});
    ASSERT_EQ(checkpoint->logs.size(), 1u);
    EXPECT_EQ(encode_record(checkpoint->logs[0]), encode_record(log));
}

TEST(CheckpointFormat, AFlippedBitIsCorrupt) {
    const base::Slice file = encoded(example());
    for (size_t bit = 0; bit < file.size() * 8; ++bit) {
        base::Buffer flipped = base::Buffer::copy_of(file.bytes());
        flipped.writable()[bit / 8] ^= std::byte(1 << (bit % 8));
        const auto checkpoint = decode_checkpoint(flipped.bytes());
        ASSERT_FALSE(checkpoint) << bit;
        EXPECT_EQ(checkpoint.error(), ErrorCode::corrupt) << bit;
    }
}

TEST(CheckpointFormat, ProducersAreNamedOnceAndInOrder) {
    LogRecord log = example();
    log.producers = {{ProducerId{5}, {}}, {ProducerId{5}, {}}};
    EXPECT_FALSE(decode_checkpoint(encoded(log).bytes()));
    log.producers = {{ProducerId{6}, {}}, {ProducerId{5}, {}}};
    EXPECT_FALSE(decode_checkpoint(encoded(log).bytes()));
    log.producers = {{ProducerId{5}, {}}, {ProducerId{6}, {}}};
    EXPECT_TRUE(decode_checkpoint(encoded(log).bytes()));
}

TEST(CheckpointFormat, NoSegmentBeginsBelowZero) {
    LogRecord log = example();
    log.segments[0].base = Offset{-1};
    EXPECT_FALSE(decode_checkpoint(encoded(log).bytes()));
}

}  // namespace
}  // namespace polylog::log
