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

routing::Subscription subscription() {
    routing::Confirmation confirmation{.token_hash = {}, .expires_at = base::from_unix_ms(7)};
    confirmation.token_hash.fill(0xab);
    return {.id = {counting_uuid()},
            .number = {258},
            .topic = {counting_uuid()},
            .target = routing::QueueTarget{"q", model::TopicId{counting_uuid()}},
            .owner = "me",
            .variant = "v",
            .confirmed = true,
            .created_at = base::from_unix_ms(5),
            .confirmation = confirmation,
            .raw = true,
            .filter = routing::Filter{routing::FilterScope::body, R"({"a":[1]})"},
            .dead_letter = routing::QueueTarget{"dlq"}};
}

routing::Subscription outside(routing::DeliveryTarget target) {
    return {.id = {counting_uuid()},
            .number = {1},
            .topic = {counting_uuid()},
            .target = std::move(target)};
}

std::string repeated(std::string_view digits, size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += digits;
    return text;
}

std::vector<std::pair<Record, std::string>> golden() {
    const std::string id = kUuid;
    return {{ClusterRecord{counting_uuid()}, "0101" + id},
            {RestartsRecord{258}, "020100000102"},
            {ProducerIdsRecord{{1000}}, "030100000000000003e8"},
            {topic(), "0401" + id + "026162000000030000000001010c726574656e74696f6e2e6d730135"},
            {RemoveTopicRecord{{counting_uuid()}}, "0501" + id},
            {BrokerConfigRecord{true, {{"a", "b"}}}, "0601010101610162"},
            {BrokerConfigRecord{false, {}}, "06010000"},
            {SubscriptionRecord{subscription()},
             "0701" + id + "0000000000000102" + id + "010171" + id +
                 "026d6501760000000000000005003d01097b2261223a5b315d7d03646c71" +
                 repeated("00", 16) + repeated("ab", 32) + "0000000000000007"},
            {SubscriptionRecord{outside(routing::UrlTarget{"http://h"})},
             "0701" + id + "0000000000000001" + id + "0208687474703a2f2f68" + "0000" +
                 repeated("00", 8) + "0000"},
            {SubscriptionRecord{outside(routing::BridgeTarget{"b", "a"})},
             "0701" + id + "0000000000000001" + id + "0301620161" + "0000" + repeated("00", 8) +
                 "0000"},
            {RemoveSubscriptionRecord{{counting_uuid()}}, "0801" + id},
            {SubscriptionNumbersRecord{{258}}, "09010000000000000102"}};
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
    for (const char* hex : {"0a01", "0001", "ff01", "0102", "0400"}) {
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

TEST(MetadataRecords, SubscriptionsWithUnknownTargetsScopesOrFlagsAreCorrupt) {
    const std::string begin = "0701" + std::string(kUuid) + "0000000000000001" + kUuid;
    const std::string plain = "0000" + repeated("00", 8) + "00";
    for (const std::string& rest :
         {"0401620161" + plain + "00", "020168" + plain + "40", "020168" + plain + "080200"}) {
        EXPECT_EQ(decode_record(bytes_of(begin + rest).bytes()).error(), ErrorCode::corrupt)
            << rest;
    }
}

}  // namespace
}  // namespace polylog::meta
