#include "meta/records.h"

#include <gtest/gtest.h>

#include "base/hex.h"

// The bytes are those of docs/formats/metadata.md; they must not change.
namespace polylog::meta {
namespace {

using base::ErrorCode;

base::Uuid counting_uuid() {
    base::Uuid uuid;
    for (size_t i = 0; i < uuid.bytes.size(); ++i) uuid.bytes[i] = static_cast<uint8_t>(i);
    return uuid;
}

constexpr char kUuid[] = "000102030405060708090a0b0c0d0e0f";

TopicRecord topic() {
    return {.id = {counting_uuid()},
            .name = "ab",
            .partition_count = 3,
            .internal = false,
            .first_restart = 1,
            .overrides = {{"retention.ms", "5"}}};
}

std::vector<std::pair<Record, std::string>> golden() {
    const std::string id = kUuid;
    return {{ClusterRecord{counting_uuid()}, "0101" + id},
            {RestartsRecord{258}, "020100000102"},
            {ProducerIdsRecord{{1000}}, "030100000000000003e8"},
            {topic(), "0401" + id + "026162000000030000000001010c726574656e74696f6e2e6d730135"},
            {RemoveTopicRecord{{counting_uuid()}}, "0501" + id},
            {BrokerConfigRecord{true, {{"a", "b"}}}, "0601010101610162"},
            {BrokerConfigRecord{false, {}}, "06010000"}};
}

base::Slice bytes_of(const std::string& hex) {
    const auto bytes = base::hex_decode(hex);
    return base::Slice::copy_of(std::as_bytes(std::span(*bytes)));
}

TEST(MetadataRecords, AreWrittenAndReadAsDocumented) {
    for (const auto& [record, hex] : golden()) {
        EXPECT_EQ(base::hex_encode(encode_record(record).bytes()), hex);
        const auto decoded = decode_record(bytes_of(hex).bytes());
        ASSERT_TRUE(decoded) << hex;
        EXPECT_TRUE(*decoded == record) << hex;
    }
}

TEST(MetadataRecords, CutShortOrTooLongTheyAreCorrupt) {
    for (const auto& [record, hex] : golden()) {
        for (size_t digits = 0; digits < hex.size(); digits += 2) {
            EXPECT_EQ(decode_record(bytes_of(hex.substr(0, digits)).bytes()).error(),
                      ErrorCode::corrupt)
                << hex << " " << digits;
        }
        EXPECT_EQ(decode_record(bytes_of(hex + "00").bytes()).error(), ErrorCode::corrupt);
    }
}

TEST(MetadataRecords, KindsAndVersionsOfTheFutureAreRefused) {
    for (const char* hex : {"0701", "0001", "ff01", "0102", "0400"}) {
        EXPECT_EQ(decode_record(bytes_of(hex + std::string(kUuid)).bytes()).error(),
                  ErrorCode::unsupported_version)
            << hex;
    }
}

TEST(MetadataRecords, NumbersThatLieAreCorrupt) {
    // A count and a length far beyond the end allocate nothing.
    EXPECT_EQ(decode_record(bytes_of("060101ffffffff0f").bytes()).error(), ErrorCode::corrupt);
    EXPECT_EQ(decode_record(bytes_of("06010101ffffffff0f").bytes()).error(), ErrorCode::corrupt);
    EXPECT_EQ(decode_record(bytes_of("060101ffffffffffffff").bytes()).error(), ErrorCode::corrupt);
}

}  // namespace
}  // namespace polylog::meta
