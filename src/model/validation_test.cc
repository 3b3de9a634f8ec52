#include "model/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/hex.h"
#include "model/record.h"
#include "test/golden/reference_batches.h"

namespace polylog::model {
namespace {

using base::as_bytes;
using base::ErrorCode;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

constexpr int64_t kNow = 1'700'000'000'000;

std::string reference(size_t index = 0) {
    return *base::hex_decode(golden::kJavaBatches[index].hex);
}

std::expected<ValidatedBatch, BatchRejection> validate(std::string_view payload,
                                                       const BatchRules& rules = {},
                                                       int64_t now_ms = kNow) {
    Decompressor decompressor;
    return validate_batches(as_bytes(payload), rules, now_ms, decompressor);
}

ErrorCode refusal(std::string_view payload, const BatchRules& rules = {}, int64_t now_ms = kNow) {
    const auto validated = validate(payload, rules, now_ms);
    return validated ? ErrorCode::internal : validated.error().error.code();
}

std::byte* data(std::string& text) {
    return reinterpret_cast<std::byte*>(text.data());
}

// The reference batch with one header field changed and a sound checksum.
template <class T>
std::string with_field(size_t position, T value) {
    std::string batch = reference();
    base::store_be(data(batch) + position, value);
    const base::MutableBytes bytes(data(batch), batch.size());
    assign_records(bytes, static_cast<Compression>(BatchView(bytes).compression_bits()));
    return batch;
}

struct Plain {
    int64_t timestamp_ms = kNow;
    std::optional<std::string> key = std::nullopt;
};

std::string batch_of(const std::vector<Plain>& records,
                     Compression compression = Compression::none) {
    BatchBuilder builder(compression);
    for (const Plain& plain : records) {
        RecordInput input{.timestamp_ms = plain.timestamp_ms,
                          .key = {},
                          .value = {},
                          .headers = {}};
        if (plain.key) input.key = as_bytes(*plain.key);
        builder.add(input);
    }
    const base::Buffer built = builder.build();
    return std::string(base::as_text(built.bytes()));
}

// A batch with a sound header around records that are given in hexadecimal.
std::string batch_around(std::string_view records_hex, int32_t count) {
    std::string batch = batch_of({{}}).substr(0, kBatchHeaderBytes) +
                        *base::hex_decode(records_hex);
    base::store_be(data(batch) + 23, count - 1);
    base::store_be(data(batch) + 57, count);
    assign_records({data(batch), batch.size()}, Compression::none);
    return batch;
}

TEST(Validation, BatchesOfRealClientsAreTaken) {
    for (const auto& batch : golden::kJavaBatches) {
        const std::string payload = *base::hex_decode(batch.hex);
        const auto validated = validate(payload);
        ASSERT_TRUE(validated) << batch.codec << ": " << validated.error().error.message();
        EXPECT_EQ(validated->batch.record_count(), 5);
        EXPECT_EQ(validated->max_timestamp_ms, kNow + 4);
        EXPECT_EQ(validated->max_timestamp_offset_delta, 4);
        EXPECT_FALSE(validated->max_timestamp_misstated);
        EXPECT_EQ(validated->decompressed_bytes, reference().size() - kBatchHeaderBytes);
    }
    for (const auto& batch : golden::kLibrdkafkaBatches) {
        const std::string payload = *base::hex_decode(batch.hex);
        const int64_t sent_ms = BatchView(as_bytes(payload)).max_timestamp_ms();
        const auto validated = validate(payload, {}, sent_ms);
        ASSERT_TRUE(validated) << batch.codec << ": " << validated.error().error.message();
    }
    for (const auto& batch : golden::kPythonBatches) {
        const auto validated = validate(*base::hex_decode(batch.hex));
        ASSERT_TRUE(validated) << validated.error().error.message();
        EXPECT_EQ(validated->max_timestamp_offset_delta, 1);
    }
}

TEST(Validation, ExactlyOneBatchIsTaken) {
    EXPECT_EQ(refusal(""), ErrorCode::invalid_record);
    EXPECT_EQ(refusal(reference() + reference()), ErrorCode::invalid_record);
    EXPECT_EQ(refusal(reference() + "x"), ErrorCode::invalid_record);
}

TEST(Validation, OtherFormatVersionsAreRefused) {
    for (const char magic : {'\0', '\1', '\3'}) {
        std::string batch = reference();
        batch[16] = magic;
        EXPECT_EQ(refusal(batch), ErrorCode::invalid_record) << int{magic};
        EXPECT_EQ(refusal(batch.substr(0, 30)), ErrorCode::invalid_record) << "a short old message";
    }
}

TEST(Validation, APayloadCutAnywhereIsCorrupt) {
    const std::string batch = reference();
    for (size_t size = 1; size < batch.size(); ++size) {
        EXPECT_EQ(refusal(batch.substr(0, size)), ErrorCode::corrupt) << size;
    }
}

TEST(Validation, AWrongChecksumIsCorrupt) {
    std::string batch = reference();
    batch.back() = static_cast<char>(batch.back() ^ 1);
    EXPECT_EQ(refusal(batch), ErrorCode::corrupt);
}

TEST(Validation, ABatchAboveTheTopicsLimitIsTooLarge) {
    const auto size = static_cast<int32_t>(reference().size());
    EXPECT_TRUE(validate(reference(), {.batch_bytes_max = size}));
    EXPECT_EQ(refusal(reference(), {.batch_bytes_max = size - 1}), ErrorCode::message_too_large);
}

TEST(Validation, HeadersThatOnlyABrokerWritesAreRefused) {
    EXPECT_EQ(refusal(with_field<int64_t>(0, 5)), ErrorCode::invalid_record) << "a base offset";
    EXPECT_EQ(refusal(with_field<int16_t>(21, 0x20)), ErrorCode::invalid_record)
        << "a control batch";
    EXPECT_EQ(refusal(with_field<int16_t>(21, 0x40)), ErrorCode::invalid_record)
        << "a delete horizon";
    EXPECT_EQ(refusal(with_field<int16_t>(21, 0x08)), ErrorCode::invalid_timestamp)
        << "an append time";
}

TEST(Validation, CountAndLastOffsetMustAgree) {
    EXPECT_EQ(refusal(with_field<int32_t>(57, 0)), ErrorCode::invalid_record);
    EXPECT_EQ(refusal(with_field<int32_t>(57, -1)), ErrorCode::invalid_record);
    EXPECT_EQ(refusal(with_field<int32_t>(57, INT32_MIN)), ErrorCode::invalid_record);
    EXPECT_EQ(refusal(with_field<int32_t>(57, 4)), ErrorCode::invalid_record);
    EXPECT_EQ(refusal(with_field<int32_t>(23, 5)), ErrorCode::invalid_record);
    EXPECT_EQ(refusal(with_field<int32_t>(23, INT32_MAX)), ErrorCode::invalid_record);
}

TEST(Validation, FewerOrMoreRecordsThanCountedAreRefused) {
    const char* one = "0c000000010100";
    const char* two = "0c0000000101000c000002010100";
    EXPECT_TRUE(validate(batch_around(one, 1)));
    EXPECT_TRUE(validate(batch_around(two, 2)));
    EXPECT_EQ(refusal(batch_around(one, 2)), ErrorCode::invalid_record);
    EXPECT_EQ(refusal(batch_around(two, 1)), ErrorCode::invalid_record);
    EXPECT_EQ(refusal(batch_around(one, INT32_MAX)), ErrorCode::invalid_record);
}

TEST(Validation, RecordsMustBeNumberedFromZero) {
    for (const char* records : {"0c000002010100", "0c000001010100", "0c0000000101000c000004010100",
                                "0c0000000101000c000000010100"}) {
        const int32_t count = std::string_view(records).size() > 14 ? 2 : 1;
        const auto validated = validate(batch_around(records, count));
        ASSERT_FALSE(validated) << records;
        EXPECT_EQ(validated.error().error, ErrorCode::invalid_record);
        ASSERT_EQ(validated.error().records.size(), 1u);
        EXPECT_EQ(validated.error().records[0].index, count - 1);
        EXPECT_THAT(validated.error().records[0].reason, HasSubstr("has offset"));
    }
}

TEST(Validation, ARecordThatContradictsItselfIsNamed) {
    const auto validated = validate(batch_around("0c0000000101000c0000020101020001", 2));
    ASSERT_FALSE(validated);
    EXPECT_EQ(validated.error().error, ErrorCode::invalid_record);
    EXPECT_THAT(validated.error().records, ElementsAre(Field(&RecordError::index, 1)));
}

TEST(Validation, HeadersOfRecordsAreReadToTheirEnd) {
    EXPECT_TRUE(validate(batch_around("100000000101020001", 1))) << "one header, \"\" = null";
    for (const char* records :
         {"1000000001010201ff", "120000000101020001ff", "100000000101020061"}) {
        const auto validated = validate(batch_around(records, 1));
        ASSERT_FALSE(validated) << records;
        EXPECT_EQ(validated.error().error, ErrorCode::invalid_record) << records;
    }
}

TEST(Validation, AProducerNeedsAnEpochAndASequence) {
    EXPECT_EQ(refusal(with_field<int32_t>(53, -1)), ErrorCode::invalid_record);
    EXPECT_EQ(refusal(with_field<int16_t>(51, -1)), ErrorCode::invalid_record);
    EXPECT_EQ(refusal(with_field<int64_t>(43, -2)), ErrorCode::invalid_record);
    EXPECT_TRUE(validate(with_field<int32_t>(53, INT32_MAX)))
        << "the last sequence before it wraps to 0";
    EXPECT_TRUE(validate(with_field<int64_t>(43, -1))) << "no producer: the other two do not count";
}

TEST(Validation, ATransactionNeedsAProducer) {
    EXPECT_TRUE(validate(with_field<int16_t>(21, 0x10)));
    std::string batch = batch_of({{}});
    base::store_be<int16_t>(data(batch) + 21, 0x10);
    assign_records({data(batch), batch.size()}, Compression::none);
    EXPECT_EQ(refusal(batch), ErrorCode::invalid_record);
}

TEST(Validation, UnknownCodecsAndUnwantedZstdAreRefused) {
    for (int16_t bits = 5; bits <= 7; ++bits) {
        EXPECT_EQ(refusal(with_field<int16_t>(21, bits)), ErrorCode::unsupported_compression)
            << bits;
    }
    EXPECT_TRUE(validate(reference(4), {.zstd_allowed = true}));
    EXPECT_EQ(refusal(reference(4), {.zstd_allowed = false}), ErrorCode::unsupported_compression);
    EXPECT_TRUE(validate(reference(3), {.zstd_allowed = false})) << "only zstd is barred";
}

TEST(Validation, RecordsThatDoNotDecompressAreTheProducersFault) {
    // The checksum is right: resending, which `corrupt` asks for, would not help.
    for (int16_t codec = 1; codec <= 4; ++codec) {
        EXPECT_EQ(refusal(with_field<int16_t>(21, codec)), ErrorCode::invalid_record) << codec;
    }
}

TEST(Validation, RecordsThatExpandTooFarAreTooLarge) {
    const size_t plain = reference().size() - kBatchHeaderBytes;
    for (const size_t index : {0u, 1u, 2u, 3u, 4u, 5u}) {
        EXPECT_TRUE(validate(reference(index), {.decompressed_bytes_max = plain})) << index;
        if (index == 0) continue;  // uncompressed: batch_bytes_max is its bound
        EXPECT_EQ(refusal(reference(index), {.decompressed_bytes_max = plain - 1}),
                  ErrorCode::message_too_large)
            << index;
    }
}

TEST(Validation, CompactedTopicsTakeOnlyRecordsWithKeys) {
    const std::string batch = batch_of({{.key = "a"}, {}, {.key = ""}, {}});
    EXPECT_TRUE(validate(batch));
    const auto validated = validate(batch, {.keys_required = true});
    ASSERT_FALSE(validated);
    EXPECT_EQ(validated.error().error, ErrorCode::invalid_record);
    EXPECT_THAT(validated.error().records,
                ElementsAre(Field(&RecordError::index, 1), Field(&RecordError::index, 3)));
    EXPECT_TRUE(validate(batch_of({{.key = ""}}), {.keys_required = true}))
        << "an empty key is a key";
}

TEST(Validation, TimestampsMustLieAroundTheBrokersClock) {
    const BatchRules rules{.before_max_ms = 1'000, .after_max_ms = 10};
    EXPECT_TRUE(validate(batch_of({{kNow - 1'000}, {kNow + 10}, {kNow}}), rules));
    const auto validated = validate(batch_of({{kNow - 1'001}, {kNow}, {kNow + 11}}), rules);
    ASSERT_FALSE(validated);
    EXPECT_EQ(validated.error().error, ErrorCode::invalid_timestamp);
    EXPECT_THAT(validated.error().records,
                ElementsAre(Field(&RecordError::index, 0), Field(&RecordError::index, 2)));
    EXPECT_THAT(validated.error().records[0].reason, HasSubstr("1699999998999"));
}

TEST(Validation, ARecordWithoutATimestampIsTakenAtAnyTime) {
    EXPECT_TRUE(validate(batch_of({{-1}}), {.before_max_ms = 0, .after_max_ms = 0}));
}

TEST(Validation, TimestampsAtTheEndsOfTimeDoNotOverflow) {
    EXPECT_EQ(refusal(batch_of({{INT64_MIN}})), ErrorCode::invalid_timestamp);
    EXPECT_EQ(refusal(batch_of({{INT64_MAX}})), ErrorCode::invalid_timestamp);
    const BatchRules anything{.before_max_ms = INT64_MAX, .after_max_ms = INT64_MAX};
    EXPECT_TRUE(validate(batch_of({{INT64_MAX}}), anything));
    EXPECT_EQ(refusal(batch_of({{INT64_MIN}}), anything), ErrorCode::invalid_timestamp)
        << "further back than any number of milliseconds";
}

TEST(Validation, TopicsThatStampRecordsDoNotLookAtTimestamps) {
    EXPECT_TRUE(
        validate(batch_of({{0}, {INT64_MAX}}), {.timestamps_checked = false, .before_max_ms = 0}));
}

TEST(Validation, OneBadTimestampMakesItAMatterOfTimestamps) {
    const auto validated = validate(batch_of({{kNow}, {kNow + 3'600'001, "k"}}),
                                    {.keys_required = true});
    ASSERT_FALSE(validated);
    EXPECT_EQ(validated.error().error, ErrorCode::invalid_timestamp);
    EXPECT_EQ(validated.error().records.size(), 2u);
}

TEST(Validation, AMisstatedMaximumTimestampIsTakenAndReported) {
    const std::string batch = with_field<int64_t>(35, kNow + 1);
    const auto validated = validate(batch);
    ASSERT_TRUE(validated) << validated.error().error.message();
    EXPECT_TRUE(validated->max_timestamp_misstated);
    EXPECT_EQ(validated->max_timestamp_ms, kNow + 4);
}

TEST(Validation, TheFirstOfEqualMaximaIsReported) {
    const auto validated = validate(batch_of({{kNow}, {kNow + 2}, {kNow + 1}, {kNow + 2}}));
    ASSERT_TRUE(validated);
    EXPECT_EQ(validated->max_timestamp_offset_delta, 1);
}

TEST(Validation, TheListOfRecordsToBlameIsBounded) {
    const auto validated = validate(batch_of(std::vector<Plain>(1'000)), {.keys_required = true});
    ASSERT_FALSE(validated);
    EXPECT_EQ(validated.error().records.size(), kRecordErrorsMax);
    EXPECT_THAT(std::string(validated.error().error.detail()), HasSubstr("1000 records refused"));
}

TEST(Validation, CompressedRecordsAreJudgedLikeOthers) {
    for (const Compression codec :
         {Compression::gzip, Compression::snappy, Compression::lz4, Compression::zstd}) {
        const auto validated = validate(batch_of({{.key = "a"}, {}}, codec),
                                        {.keys_required = true});
        ASSERT_FALSE(validated);
        EXPECT_THAT(validated.error().records, ElementsAre(Field(&RecordError::index, 1)));
    }
}

TEST(Validation, RulesFollowTheTopic) {
    TopicConfig config;
    EXPECT_FALSE(BatchRules::of(config).keys_required);
    EXPECT_TRUE(BatchRules::of(config).timestamps_checked);
    EXPECT_EQ(BatchRules::of(config).batch_bytes_max, 1'048'588);
    EXPECT_EQ(BatchRules::of(config).after_max_ms, 3'600'000);
    config.compact = true;
    config.max_message_bytes = 7;
    config.message_timestamp_type = TimestampType::append_time;
    config.message_timestamp_before_max_ms = 5;
    EXPECT_TRUE(BatchRules::of(config).keys_required);
    EXPECT_FALSE(BatchRules::of(config).timestamps_checked);
    EXPECT_EQ(BatchRules::of(config).batch_bytes_max, 7);
    EXPECT_EQ(BatchRules::of(config).before_max_ms, 5);
}

TEST(Validation, EveryChangedByteUnderASoundChecksumIsJudgedWithoutOverrun) {
    const std::string original = reference();
    Decompressor decompressor;
    for (size_t position = 21; position < original.size(); ++position) {
        for (const int bits : {0x01, 0x40, 0x80, 0xFF}) {
            std::string changed = original;
            changed[position] = static_cast<char>(changed[position] ^ bits);
            const base::MutableBytes bytes(data(changed), changed.size());
            assign_records(bytes, static_cast<Compression>(BatchView(bytes).compression_bits()));
            const auto validated = validate_batches(bytes, {}, kNow, decompressor);
            if (validated) EXPECT_EQ(validated->batch.record_count(), 5);
        }
    }
}

}  // namespace
}  // namespace polylog::model
