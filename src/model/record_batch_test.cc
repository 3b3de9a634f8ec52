#include "model/record_batch.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "test/golden/reference_batches.h"

namespace polylog::model {
namespace {

using base::ErrorCode;

// Bytes that may be changed, as the leader does before it appends.
struct OwnBatch {
    std::string text = *base::hex_decode(golden::kJavaBatches[0].hex);
    base::MutableBytes bytes{reinterpret_cast<std::byte*>(text.data()), text.size()};
    BatchView view{bytes};
};

TEST(RecordBatch, TheHeaderIsReadWhereTheLayoutSays) {
    const OwnBatch batch;
    const auto parsed = parse_batch(batch.bytes);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(parsed->size_bytes(), batch.text.size());
    EXPECT_EQ(parsed->base_offset(), Offset{0});
    EXPECT_EQ(parsed->last_offset(), Offset{4});
    EXPECT_EQ(parsed->next_offset(), Offset{5});
    EXPECT_EQ(parsed->leader_epoch(), kNoLeaderEpoch);
    EXPECT_EQ(parsed->magic(), 2);
    EXPECT_EQ(parsed->crc(), 0x3b686da4u);
    EXPECT_TRUE(parsed->crc_matches());
    EXPECT_EQ(parsed->attributes(), 0);
    EXPECT_EQ(parsed->base_timestamp_ms(), 1'700'000'000'000);
    EXPECT_EQ(parsed->max_timestamp_ms(), 1'700'000'000'004);
    EXPECT_EQ(parsed->producer_id(), ProducerId{4000});
    EXPECT_EQ(parsed->producer_epoch(), ProducerEpoch{7});
    EXPECT_EQ(parsed->base_sequence(), 123);
    EXPECT_EQ(parsed->record_count(), 5);
    EXPECT_EQ(parsed->records().size(), batch.text.size() - kBatchHeaderBytes);
}

TEST(RecordBatch, OffsetsAtTheEndOfTimeDoNotOverflow) {
    OwnBatch batch;
    assign_base_offset(batch.bytes, Offset{INT64_MAX});
    EXPECT_EQ(batch.view.last_offset(), Offset{INT64_MIN + 3});
    base::store_be<int32_t>(batch.bytes.data() + 23, INT32_MAX);
    EXPECT_EQ(batch.view.next_offset(), Offset{INT64_MIN + INT32_MAX});
}

TEST(RecordBatch, TheAttributesAreReadBitByBit) {
    OwnBatch batch;
    EXPECT_FALSE(batch.view.transactional());
    EXPECT_FALSE(batch.view.control());
    base::store_be<int16_t>(batch.bytes.data() + 21, 0x38 | 3);
    EXPECT_EQ(batch.view.compression_bits(), 3);
    EXPECT_EQ(batch.view.timestamp_type(), TimestampType::append_time);
    EXPECT_TRUE(batch.view.transactional());
    EXPECT_TRUE(batch.view.control());
}

TEST(RecordBatch, OnlyTheFirstBatchIsParsed) {
    const OwnBatch batch;
    const std::string two = batch.text + batch.text;
    const auto parsed = parse_batch(base::as_bytes(two));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->bytes().size(), batch.text.size());
    EXPECT_TRUE(parsed->crc_matches());
}

TEST(RecordBatch, ABatchCutAnywhereIsRefused) {
    const OwnBatch batch;
    for (size_t size = 0; size < batch.text.size(); ++size) {
        const auto parsed = parse_batch(batch.view.bytes().first(size));
        ASSERT_FALSE(parsed) << size;
        EXPECT_EQ(parsed.error(), ErrorCode::corrupt);
    }
}

TEST(RecordBatch, AnotherVersionOrAnImpossibleLengthIsRefused) {
    for (const int magic : {0, 1, 3, -1}) {
        OwnBatch batch;
        base::store_be(batch.bytes.data() + 16, static_cast<int8_t>(magic));
        EXPECT_EQ(parse_batch(batch.bytes).error(), ErrorCode::corrupt) << magic;
    }
    for (const int32_t length : {-1, 0, 48, 1 << 20, INT32_MAX, INT32_MIN}) {
        OwnBatch batch;
        base::store_be(batch.bytes.data() + 8, length);
        EXPECT_EQ(parse_batch(batch.bytes).error(), ErrorCode::corrupt) << length;
    }
}

TEST(RecordBatch, OffsetAndEpochAreAssignedWithoutTouchingTheChecksum) {
    OwnBatch batch;
    assign_base_offset(batch.bytes, Offset{1'000'000'000'000});
    assign_leader_epoch(batch.bytes, LeaderEpoch{9});
    EXPECT_EQ(batch.view.base_offset(), Offset{1'000'000'000'000});
    EXPECT_EQ(batch.view.last_offset(), Offset{1'000'000'000'004});
    EXPECT_EQ(batch.view.leader_epoch(), LeaderEpoch{9});
    EXPECT_EQ(batch.view.crc(), 0x3b686da4u);
    EXPECT_TRUE(batch.view.crc_matches());
}

TEST(RecordBatch, AppendTimeIsAssignedWithANewChecksum) {
    OwnBatch batch;
    assign_append_time(batch.bytes, 1'800'000'000'000);
    EXPECT_EQ(batch.view.timestamp_type(), TimestampType::append_time);
    EXPECT_EQ(batch.view.max_timestamp_ms(), 1'800'000'000'000);
    EXPECT_EQ(batch.view.base_timestamp_ms(), 1'700'000'000'000);
    EXPECT_TRUE(batch.view.crc_matches());
}

TEST(RecordBatch, TheMaximumTimestampIsCorrectedWithANewChecksum) {
    OwnBatch batch;
    assign_max_timestamp(batch.bytes, 42);
    EXPECT_EQ(batch.view.max_timestamp_ms(), 42);
    EXPECT_EQ(batch.view.timestamp_type(), TimestampType::create_time);
    EXPECT_TRUE(batch.view.crc_matches());
}

TEST(RecordBatch, EveryFlippedBitBehindTheChecksumIsNoticed) {
    OwnBatch batch;
    for (size_t position = 17; position < batch.text.size(); ++position) {
        batch.bytes[position] ^= std::byte{0x10};
        EXPECT_FALSE(batch.view.crc_matches()) << position;
        batch.bytes[position] ^= std::byte{0x10};
    }
}

}  // namespace
}  // namespace polylog::model
