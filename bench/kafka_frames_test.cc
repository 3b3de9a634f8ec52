#include "bench/kafka_frames.h"

#include <gtest/gtest.h>

#include <string>

#include "base/crc32c.h"
#include "model/record_batch.h"

namespace polylog::bench {
namespace {

std::string hex(base::Bytes bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const std::byte byte : bytes) {
        text += kDigits[std::to_integer<size_t>(byte >> 4)];
        text += kDigits[std::to_integer<size_t>(byte & std::byte{15})];
    }
    return text;
}

std::vector<std::byte> from_hex(std::string_view text) {
    std::vector<std::byte> bytes;
    for (size_t i = 0; i + 1 < text.size(); i += 2) {
        bytes.push_back(
            static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    }
    return bytes;
}

// Header v2 behind size, key and version: correlation 0, client id "polylog-bench", no tags.
const std::string kHeader =
    "00000000"
    "000d"
    "706f6c796c6f672d62656e6368"
    "00";

TEST(KafkaFrames, WritesAProduceRequestAroundTheBatch) {
    const ProduceHead head = encode_produce_head("t", -1, 200);
    EXPECT_EQ(hex(head.bytes),
              // size: 41 behind it here, then 200 of the batch and 3 of the trailer
              "000000f4"
              "0000"
              "0009" +
                  kHeader +
                  "00"
                  "ffff"
                  "00007530"  // no transaction, acks all, 30 s
                  "02"
                  "0274"
                  "02"
                  "00000000"
                  "c901");  // one topic "t", one partition 0, 200 bytes
    EXPECT_EQ(head.partition_at, head.bytes.size() - 6);
}

TEST(KafkaFrames, WritesAFetchRequestWithPatchableOffsets) {
    const FetchRequest request = encode_fetch_request({.topic = "t",
                                                       .partitions = {3, 5},
                                                       .max_wait_ms = 1,
                                                       .min_bytes = 2,
                                                       .max_bytes = 3,
                                                       .partition_max_bytes = 4});
    const std::string partition_tail =
        "0000000000000000"
        "ffffffff"
        "ffffffffffffffff"
        "00000004"
        "00";
    EXPECT_EQ(hex(base::Bytes(request.bytes).subspan(4)),
              "0001"
              "000c" +
                  kHeader +
                  "ffffffff"
                  "00000001"
                  "00000002"
                  "00000003"
                  "00"
                  "00000000"
                  "ffffffff"
                  "02"
                  "0274"
                  "03"
                  "00000003"
                  "ffffffff" +
                  partition_tail +
                  "00000005"
                  "ffffffff" +
                  partition_tail +
                  "00"
                  "01"
                  "01"
                  "00");
    ASSERT_EQ(request.offsets_at.size(), 2u);
    EXPECT_EQ(request.offsets_at[1] - request.offsets_at[0], 33u);
}

TEST(KafkaFrames, WritesTheSizeOfEachRequest) {
    const auto expect_size = [](const std::vector<std::byte>& frame) {
        EXPECT_EQ(frame_bytes(frame), frame.size());
    };
    expect_size(encode_api_versions_request());
    expect_size(encode_metadata_request("topic"));
    expect_size(
        encode_create_topics_request({.name = "topic", .configs = {{"key", "value"}}}, 1000));
    expect_size(encode_list_offsets_request("topic", 3, kLatest));
    expect_size(encode_fetch_request({.topic = "topic", .partitions = {0}}).bytes);
}

TEST(KafkaFrames, WritesTopicConfigs) {
    const auto frame = encode_create_topics_request(
        {.name = "t", .partitions = 2, .configs = {{"k", "v"}}}, 1000);
    EXPECT_EQ(hex(base::Bytes(frame).subspan(4)),
              "0013"
              "0005" +
                  kHeader +
                  "02"
                  "0274"
                  "00000002"
                  "0001"
                  "01"
                  "02"
                  "026b"
                  "0276"
                  "00"
                  "00"
                  "000003e8"
                  "00"
                  "00");
}

TEST(KafkaFrames, PatchesTheCorrelationId) {
    auto frame = encode_metadata_request("t");
    set_correlation(frame, 0x01020304);
    EXPECT_EQ(hex(base::Bytes(frame).subspan(kCorrelationAt, 4)), "01020304");
}

TEST(KafkaFrames, EncodesABatchThatReadsBackIntact) {
    const auto bytes = encode_batch(
        {.records = 3, .value_bytes = 100, .timestamp_ms = 1'700'000'000'000});
    const auto batch = model::parse_batch(bytes);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->size_bytes(), bytes.size());
    EXPECT_TRUE(batch->crc_matches());
    EXPECT_EQ(batch->record_count(), 3);
    EXPECT_EQ(batch->last_offset_delta(), 2);
    EXPECT_EQ(batch->max_timestamp_ms(), 1'700'000'000'000);
    EXPECT_FALSE(batch->has_producer());
}

TEST(KafkaFrames, EncodesRecordsWithNullKeyAndTheValueAsked) {
    const auto bytes = encode_batch({.records = 2, .value_bytes = 1});
    // length 7, attributes, timestamp delta, offset delta, null key, value of 1 byte, no headers
    const std::string records = hex(base::Bytes(bytes).subspan(model::kBatchHeaderBytes));
    ASSERT_EQ(records.size(), 32u);
    EXPECT_EQ(records.substr(0, 12), "0e0000000102");
    EXPECT_EQ(records.substr(14, 2), "00");
    EXPECT_EQ(records.substr(16, 12), "0e0000020102");
}

// Produce v9: throttle time last, one partition with error 0 and base offset 7.
const std::string kProduceResponse =
    "00000037"
    "00000001"
    "00"
    "02"
    "0274"
    "02"
    "00000000"
    "0000"
    "0000000000000007"
    "ffffffffffffffff"
    "0000000000000000"
    "01"
    "00"
    "00"
    "00"
    "00000000"
    "00";

TEST(KafkaFrames, ReadsAProduceResponse) {
    const auto produced = decode_produce_response(from_hex(kProduceResponse));
    ASSERT_TRUE(produced);
    EXPECT_EQ(produced->error, 0);
    EXPECT_EQ(produced->base_offset, 7);
}

// Fetch v12: partition 2, high watermark 9, one aborted transaction, records of 3 bytes.
const std::string kFetchResponse =
    "00000000"
    "00000001"
    "00"
    "00000000"
    "0000"
    "00000000"
    "02"
    "0274"
    "02"
    "00000002"
    "0000"
    "0000000000000009"
    "0000000000000008"
    "0000000000000001"
    "02"
    "00000000000000050000000000000006"
    "00"
    "ffffffff"
    "04"
    "aabbcc"
    "00"
    "00"
    "00";

TEST(KafkaFrames, ReadsAFetchResponse) {
    std::vector<FetchedPartition> partitions;
    const auto frame = from_hex(kFetchResponse);
    const auto decoded = decode_fetch_response(frame, [&](const FetchedPartition& partition) {
        partitions.push_back(partition);
        return base::Result<void>();
    });
    ASSERT_TRUE(decoded);
    ASSERT_EQ(partitions.size(), 1u);
    EXPECT_EQ(partitions[0].index, 2);
    EXPECT_EQ(partitions[0].high_watermark, 9);
    EXPECT_EQ(partitions[0].log_start_offset, 1);
    EXPECT_EQ(hex(partitions[0].records), "aabbcc");
}

TEST(KafkaFrames, ReadsLeadersFromAMetadataResponse) {
    const std::string partition =
        "0000"
        "00000000"
        "00000001"
        "00000000"
        "02"
        "00000001"
        "02"
        "00000001"
        "01"
        "00";
    const std::string leaderless =
        "0005"
        "00000001"
        "ffffffff"
        "00000000"
        "02"
        "00000001"
        "01"
        "01"
        "00";
    const auto topic = decode_metadata_response(
        from_hex("00000000"
                 "00000001"
                 "00"
                 "00000000"
                 "02"
                 "00000001"
                 "0268"
                 "00002384"
                 "00"
                 "00"  // one broker "h"
                 "00"
                 "00000001"
                 "02"
                 "0000"
                 "0274"
                 "00"
                 "03" +
                 partition + leaderless +
                 "80000000"
                 "00"
                 "80000000"
                 "00"));
    ASSERT_TRUE(topic);
    EXPECT_EQ(topic->error, 0);
    EXPECT_EQ(topic->partitions, 2u);
    EXPECT_EQ(topic->partitions_with_leader, 1u);
}

TEST(KafkaFrames, ReadsOffsetsByPartitionIndex) {
    const auto offset = [](std::string_view index, std::string_view value) {
        return std::string(index) + "0000" + "ffffffffffffffff" + std::string(value) + "00000000" +
               "00";
    };
    const auto offsets = decode_list_offsets_response(
        from_hex("00000000"
                 "00000001"
                 "00"
                 "00000000"
                 "02"
                 "0274"
                 "03" +
                 offset("00000001", "0000000000000011") + offset("00000000", "0000000000000010") +
                 "00"
                 "00"));
    ASSERT_TRUE(offsets);
    EXPECT_EQ(*offsets, (std::vector<int64_t>{16, 17}));
}

TEST(KafkaFrames, RefusesEveryTruncationOfAResponse) {
    const auto produce = from_hex(kProduceResponse);
    constexpr size_t kBehindBaseOffset = 4 + 4 + 1 + 1 + 2 + 1 + 4 + 2 + 8;
    for (size_t size = 0; size < kBehindBaseOffset; ++size) {
        EXPECT_FALSE(decode_produce_response(base::Bytes(produce).first(size))) << size;
    }
    const auto fetch = from_hex(kFetchResponse);
    for (size_t size = 0; size < fetch.size(); ++size) {
        const auto decoded = decode_fetch_response(base::Bytes(fetch).first(size),
                                                   [](const FetchedPartition&) {
                                                       return base::Result<void>();
                                                   });
        EXPECT_FALSE(decoded) << size;
    }
}

TEST(FrameReader, ReadsZeroBehindTheEndAndSaysSo) {
    const auto frame = from_hex(
        "00000005"
        "00000001"
        "07");
    FrameReader reader(frame);
    EXPECT_EQ(reader.integer<int8_t>(), 7);
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.integer<int32_t>(), 0);
    EXPECT_FALSE(reader.ok());
    EXPECT_TRUE(reader.compact_string().empty());
}

TEST(FrameReader, RefusesAnArrayLongerThanTheFrame) {
    const auto frame = from_hex(
        "00000009"
        "00000001"
        "ffffffff0f");
    FrameReader reader(frame);
    EXPECT_EQ(reader.compact_length(), 0u);
    EXPECT_FALSE(reader.ok());
}

TEST(FrameReader, StopsAtAVarintThatNeverEnds) {
    const auto frame = from_hex(
        "0000000f"
        "00000001"
        "ffffffffffffffffffffff");
    FrameReader reader(frame);
    reader.uvarint();
    EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace polylog::bench
