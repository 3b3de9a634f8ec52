#include "log/checkpoint_format.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "base/hex.h"

namespace polylog::log {
namespace {

// The worked example of docs/formats/checkpoint.md, without its checksum.
constexpr std::string_view kDocumented =
    "50434b31"
    "01000000"
    "11111111111111111111111111111111"
    "00000000"
    "00000000"
    "0900000000000000"
    "0000000000000000"
    "01000000"
    "000000000000000000000000"
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
    "00000000";

CheckpointHeader documented_header() {
    CheckpointHeader header;
    header.data_directory_id.bytes.fill(0x11);
    header.durable = {9};
    return header;
}

LogRecord documented_record() {
    LogRecord record;
    auto& topic = record.id.topic.value.bytes;
    std::iota(topic.begin(), topic.end(), uint8_t{0});
    record.id.partition = {2};
    record.topic_name = "ab";
    record.start = {0};
    record.end = {5};
    record.high_watermark = {5};
    record.segment_bytes = 1 << 20;
    record.segments.push_back(
        {.base = {0}, .size_bytes = 500, .first_timestamp_ms = 1000, .max_timestamp_ms = 2000});
    record.epochs.push_back({.epoch = {3}, .start = {0}});
    return record;
}

base::Slice encode(const CheckpointHeader& header, const LogRecord& record) {
    const std::string encoded = encode_record(record);
    return encode_checkpoint(header, {encoded});
}

TEST(CheckpointFormat, EncodesTheDocumentedExample) {
    const base::Slice file = encode(documented_header(), documented_record());
    EXPECT_EQ(base::hex_encode(file.bytes().first(file.size() - 4)), kDocumented);
}

TEST(CheckpointFormat, DecodesAllThatItEncodes) {
    CheckpointHeader header = documented_header();
    header.storage_index = 3;
    header.clean_stop = true;
    header.buffered = {7};
    LogRecord record = documented_record();
    record.mode = WalMode::buffered;
    ProducerState::Producer producer;
    producer.epoch = {2};
    producer.batch_count = 1;
    producer.last_timestamp_ms = 1500;
    producer.batches[0] = {.first_sequence = 10,
                           .last_sequence = 11,
                           .first_offset = {3},
                           .last_offset = {4},
                           .timestamp_ms = 1500};
    record.producers.emplace_back(model::ProducerId{4000}, producer);

    const auto decoded = decode_checkpoint(encode(header, record).bytes());
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(decoded->header.storage_index, 3u);
    EXPECT_TRUE(decoded->header.clean_stop);
    EXPECT_EQ(decoded->header.durable, WalSequence{9});
    EXPECT_EQ(decoded->header.buffered, WalSequence{7});
    ASSERT_EQ(decoded->logs.size(), 1u);
    const LogRecord& log = decoded->logs.front();
    EXPECT_EQ(log.id, record.id);
    EXPECT_EQ(log.mode, WalMode::buffered);
    EXPECT_EQ(log.segments, record.segments);
    EXPECT_EQ(log.epochs, record.epochs);
    EXPECT_EQ(encode_record(log), encode_record(record));
}

TEST(CheckpointFormat, RefusesEveryFlippedBitAndEveryCut) {
    const base::Slice file = encode(documented_header(), documented_record());
    std::vector<std::byte> bytes(file.bytes().begin(), file.bytes().end());
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto flipped = bytes;
        flipped[bit / 8] ^= std::byte(1 << (bit % 8));
        EXPECT_FALSE(decode_checkpoint(flipped)) << bit;
    }
    for (size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode_checkpoint(base::Bytes(bytes).first(size))) << size;
}

// A right checksum over wrong contents: what later steps rely on is checked all the same.
TEST(CheckpointFormat, RefusesRecordsThatContradictThemselves) {
    LogRecord backwards = documented_record();
    backwards.start = {6};
    LogRecord empty_segment = documented_record();
    empty_segment.segments.front().size_bytes = 0;
    LogRecord gap = documented_record();
    gap.segments.front().base = {1};
    LogRecord below_zero = documented_record();
    below_zero.segments.front().base = {-1};
    LogRecord producer_twice = documented_record();
    producer_twice.producers.resize(2);
    for (const LogRecord& record : {backwards, empty_segment, gap, below_zero, producer_twice}) {
        const auto decoded = decode_checkpoint(encode(documented_header(), record).bytes());
        ASSERT_FALSE(decoded);
        EXPECT_EQ(decoded.error(), base::ErrorCode::corrupt);
    }
    const std::string twice = encode_record(documented_record());
    EXPECT_FALSE(decode_checkpoint(encode_checkpoint(documented_header(), {twice, twice}).bytes()));
}

}  // namespace
}  // namespace polylog::log
