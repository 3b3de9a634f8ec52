#include "model/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hex.h"
#include "model/compression.h"
#include "test/golden/reference_batches.h"

namespace polylog::model {
namespace {

using base::ErrorCode;
using Text = std::optional<std::string>;

// A record with its own memory, for comparisons.
struct OwnRecord {
    int64_t offset = 0;
    int64_t timestamp_ms = 0;
    Text key;
    Text value;
    std::vector<std::pair<std::string, Text>> headers;

    bool operator==(const OwnRecord&) const = default;
};

Text to_text(const std::optional<base::Bytes>& bytes) {
    return bytes ? Text(base::as_text(*bytes)) : std::nullopt;
}

std::optional<base::Bytes> to_bytes(const Text& text) {
    return text ? std::optional(base::as_bytes(*text)) : std::nullopt;
}

base::Result<std::vector<OwnRecord>> read_all(BatchView batch, base::Bytes records) {
    std::vector<OwnRecord> list;
    RecordReader reader(batch, records);
    while (reader.has_next()) {
        TRY(const RecordView record, reader.next());
        OwnRecord own{record.offset.value,
                      record.timestamp_ms,
                      to_text(record.key),
                      to_text(record.value),
                      {}};
        HeaderReader headers(record);
        while (headers.has_next()) {
            TRY(const HeaderView header, headers.next());
            own.headers.emplace_back(header.key, to_text(header.value));
        }
        list.push_back(std::move(own));
    }
    return list;
}

base::Result<std::vector<OwnRecord>> read_all(base::Bytes bytes) {
    TRY(const BatchView batch, parse_batch(bytes));
    Decompressor decompressor;
    TRY(const base::Bytes records, plain_records(batch, decompressor));
    return read_all(batch, records);
}

base::Buffer build(const std::vector<OwnRecord>& records, Compression compression,
                   BatchProducer producer = {}) {
    BatchBuilder builder(compression, producer);
    for (const OwnRecord& own : records) {
        RecordInput input{.timestamp_ms = own.timestamp_ms,
                          .key = to_bytes(own.key),
                          .value = to_bytes(own.value),
                          .headers = {}};
        for (const auto& [key, value] : own.headers)
            input.headers.push_back({key, to_bytes(value)});
        builder.add(input);
    }
    return builder.build();
}

std::vector<OwnRecord> java_records() {
    std::vector<OwnRecord> records;
    for (int i = 0; i < 5; ++i) {
        records.push_back({i,
                           1'700'000'000'000 + i,
                           "key-" + std::to_string(i),
                           "the same value again and again and again",
                           {{"trace", "\x01\x02"}, {"none", std::nullopt}}});
    }
    return records;
}

std::vector<OwnRecord> python_records() {
    return {{0, 1'700'000'000'000, "k1", "value one", {{"h1", "x"}, {"h2", std::nullopt}}},
            {1, 1'700'000'000'005, std::nullopt, "no key", {}},
            {2, 1'700'000'000'003, "k2", std::nullopt, {}},
            {3, 1'700'000'000'003, "", "", {{"", ""}}}};
}

constexpr Compression kCodecs[] = {Compression::none, Compression::gzip, Compression::snappy,
                                   Compression::lz4, Compression::zstd};

// An uncompressed batch around hand-made records.
std::string batch_around(const std::string& records, int32_t count) {
    const base::Buffer model = build({{}}, Compression::none);
    std::string batch(base::as_text(model.bytes().first(kBatchHeaderBytes)));
    batch += records;
    auto* header = reinterpret_cast<std::byte*>(batch.data());
    base::store_be(header + 23, count - 1);
    base::store_be(header + 57, count);
    assign_records({header, batch.size()}, Compression::none);
    return batch;
}

TEST(Record, BatchesOfTheJavaClientAreReadInEveryCodec) {
    for (const golden::ReferenceBatch& reference : golden::kJavaBatches) {
        const std::string bytes = *base::hex_decode(reference.hex);
        const auto records = read_all(base::as_bytes(bytes));
        ASSERT_TRUE(records) << reference.codec << ": " << records.error().message();
        EXPECT_EQ(*records, java_records()) << reference.codec;
    }
}

TEST(Record, BatchesOfLibrdkafkaAreReadInEveryCodec) {
    for (const golden::ReferenceBatch& reference : golden::kLibrdkafkaBatches) {
        const std::string bytes = *base::hex_decode(reference.hex);
        const auto records = read_all(base::as_bytes(bytes));
        ASSERT_TRUE(records) << reference.codec << ": " << records.error().message();
        ASSERT_EQ(records->size(), 3u) << reference.codec;
        EXPECT_EQ(records->at(0).value, "order one order one order one order one");
        EXPECT_EQ(records->at(2).key, "k3");
        EXPECT_THAT(records->at(1).headers, testing::ElementsAre(testing::Pair("trace", "abc")));
    }
}

TEST(Record, NullAndEmptyAreToldApart) {
    for (const golden::ReferenceBatch& reference : golden::kPythonBatches) {
        const std::string bytes = *base::hex_decode(reference.hex);
        const auto records = read_all(base::as_bytes(bytes));
        ASSERT_TRUE(records);
        EXPECT_EQ(*records, python_records());
    }
}

TEST(Record, TheBuilderWritesTheBytesOfTheJavaClient) {
    const base::Buffer built = build(java_records(), Compression::none,
                                     {ProducerId{4000}, ProducerEpoch{7}, 123});
    EXPECT_EQ(base::hex_encode(built.bytes()), golden::kJavaBatches[0].hex);
}

TEST(Record, TheExampleOfTheFormatDocumentIsWhatTheBuilderWrites) {
    // docs/formats/record-batch.md; the bytes are kafka-python's.
    base::Buffer built = build({{0, 1'700'000'000'000, "k1", "hello", {{"h", "x"}}},
                                {1, 1'700'000'000'250, std::nullopt, "bye", {}}},
                               Compression::none, {ProducerId{4000}, ProducerEpoch{7}, 123});
    assign_leader_epoch(built.writable(), LeaderEpoch{0});
    EXPECT_EQ(
        base::hex_encode(built.bytes()),
        "00000000000000000000004e000000000262c977e90000000000010000018bcfe568000000018bcfe568fa"
        "0000000000000fa000070000007b0000000222000000046b310a68656c6c6f02026802781400f403020106"
        "62796500");
}

TEST(Record, WhatIsBuiltIsReadInEveryCodec) {
    for (const Compression codec : kCodecs) {
        const base::Buffer built = build(python_records(), codec);
        const auto batch = parse_batch(built.bytes());
        ASSERT_TRUE(batch);
        EXPECT_EQ(batch->compression_bits(), static_cast<uint8_t>(codec));
        EXPECT_TRUE(batch->crc_matches());
        EXPECT_EQ(batch->last_offset_delta(), 3);
        EXPECT_EQ(batch->max_timestamp_ms(), 1'700'000'000'005);
        EXPECT_FALSE(batch->has_producer());
        const auto records = read_all(built.bytes());
        ASSERT_TRUE(records) << records.error().message();
        EXPECT_EQ(*records, python_records());
    }
}

TEST(Record, ExtremeTimestampsAndSizesSurvive) {
    const std::vector<OwnRecord> records{
        {0, INT64_MAX, std::string(300, 'k'), std::string(100'000, 'v'), {}},
        {1, INT64_MIN, std::nullopt, std::nullopt, {}},
        {2, -1, "", std::nullopt, {{std::string(200, 'h'), std::string(70, 'x')}}},
        {3, 0, std::nullopt, "", {}}};
    const auto read = read_all(build(records, Compression::none).bytes());
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, records);
}

TEST(Record, ABuilderStartsAfreshAfterABatch) {
    BatchBuilder builder;
    for (int64_t round = 0; round < 2; ++round) {
        EXPECT_EQ(builder.record_count(), 0);
        EXPECT_EQ(builder.size_bytes(), kBatchHeaderBytes);
        builder.add({.timestamp_ms = 100 * round, .key = {}, .value = {}, .headers = {}});
        builder.add({.timestamp_ms = 100 * round + 1, .key = {}, .value = {}, .headers = {}});
        const size_t size_bytes = builder.size_bytes();
        const base::Buffer built = builder.build();
        EXPECT_EQ(built.size(), size_bytes)
            << "an uncompressed batch has the size that was told before";
        const BatchView batch(built.bytes());
        EXPECT_EQ(batch.record_count(), 2);
        EXPECT_EQ(batch.base_timestamp_ms(), 100 * round);
    }
}

TEST(Record, OffsetsAndAppendTimesComeFromTheBatch) {
    base::Buffer built = build(java_records(), Compression::none);
    assign_base_offset(built.writable(), Offset{1000});
    assign_append_time(built.writable(), 77);
    const auto records = read_all(built.bytes());
    ASSERT_TRUE(records);
    EXPECT_EQ(records->at(4).offset, 1004);
    for (const OwnRecord& record : *records) EXPECT_EQ(record.timestamp_ms, 77);
}

TEST(Record, RecordsCutAnywhereEndInAnError) {
    const std::string bytes = *base::hex_decode(golden::kJavaBatches[0].hex);
    const BatchView batch(base::as_bytes(bytes));
    for (size_t size = 0; size < batch.records().size(); ++size) {
        const auto records = read_all(batch, batch.records().first(size));
        ASSERT_FALSE(records) << size;
        EXPECT_EQ(records.error(), ErrorCode::corrupt);
    }
}

TEST(Record, EveryChangedByteIsReadOrRefusedButNeverOverrun) {
    const std::string original = *base::hex_decode(golden::kPythonBatches[0].hex);
    for (size_t position = kBatchHeaderBytes; position < original.size(); ++position) {
        for (int value = 0; value < 256; ++value) {
            std::string changed = original;
            changed[position] = static_cast<char>(value);
            const BatchView batch(base::as_bytes(changed));
            const auto records = read_all(batch, batch.records());
            if (records) EXPECT_EQ(records->size(), 4u);
        }
    }
}

// A record of the bytes given in hexadecimal, its length before it.
std::string record_of(std::string_view body_hex) {
    const std::string body = *base::hex_decode(body_hex);
    return static_cast<char>(body.size() * 2) + body;
}

TEST(Record, RecordsThatContradictThemselvesAreRefused) {
    struct Case {
        const char* why;
        std::string records;
    };
    const Case cases[] = {
        {"length longer than the batch", *base::hex_decode("20000000")},
        {"negative length", *base::hex_decode("03")},
        {"length of more than 32 bits", *base::hex_decode("ffffffff7f")},
        {"empty body", record_of("")},
        {"timestamp delta of more than 64 bits", record_of("00ffffffffffffffffffff7f00010100")},
        {"key longer than the record", record_of("0000007e0100")},
        {"key length below -1", record_of("000000030100")},
        {"value length below -1", record_of("000000010500")},
        {"negative header count", record_of("00000001010100")},
        {"more headers than bytes", record_of("0000000101080000")},
        {"bytes behind the last field", record_of("000000010100ff")},
        {"null header key", record_of("0000000101020101")},
        {"header value longer than the record", record_of("000000010102000461")},
        {"bytes behind the last header", record_of("0000000101020001ff")},
    };
    for (const Case& c : cases) {
        const std::string batch = batch_around(c.records, 1);
        const auto records = read_all(base::as_bytes(batch));
        ASSERT_FALSE(records) << c.why;
        EXPECT_EQ(records.error(), ErrorCode::corrupt) << c.why;
    }
    EXPECT_TRUE(read_all(base::as_bytes(batch_around(record_of("000000010100"), 1))))
        << "the sound form";
}

TEST(Record, AReaderStaysWhereItFailed) {
    const std::string batch = batch_around(record_of("000000010100") + "\x7e", 2);
    const BatchView view(base::as_bytes(batch));
    RecordReader reader(view, view.records());
    ASSERT_TRUE(reader.next());
    for (int attempt = 0; attempt < 3; ++attempt) {
        ASSERT_TRUE(reader.has_next());
        const auto record = reader.next();
        ASSERT_FALSE(record);
        EXPECT_EQ(record.error().detail(), "record 1 exceeds its batch");
    }
    EXPECT_EQ(reader.rest().size(), 1u);
}

TEST(Record, ACountWithoutRecordsEndsInAnError) {
    const std::string batch = batch_around("", INT32_MAX);
    EXPECT_EQ(read_all(base::as_bytes(batch)).error(), ErrorCode::corrupt);
    const auto none = read_all(base::as_bytes(batch_around("", 0)));
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->empty()) << "compaction leaves such batches";
}

}  // namespace
}  // namespace polylog::model
