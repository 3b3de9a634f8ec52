#include "model/message.h"

#include <gtest/gtest.h>

#include "base/hex.h"

namespace polylog::model {
namespace {

using base::as_bytes;
using base::as_text;
using base::ErrorCode;
using base::Slice;

TopicPartition place() {
    TopicPartition place{.topic = {}, .partition = {0}};
    for (uint8_t i = 0; i < 16; ++i) place.topic.value.bytes[i] = static_cast<uint8_t>(i + 1);
    return place;
}

struct Header {
    std::string key;
    std::optional<std::string> value;
};
struct Raw {
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<Header> headers;
};

Slice batch_of(const Message& message) {
    BatchBuilder builder;
    add_message(builder, message);
    return Slice(builder.build());
}

Slice batch_of(const Raw& raw) {
    RecordInput record{.timestamp_ms = 5, .key = {}, .value = {}, .headers = {}};
    if (raw.key) record.key = as_bytes(*raw.key);
    if (raw.value) record.value = as_bytes(*raw.value);
    for (const Header& header : raw.headers) {
        record.headers.push_back({.key = header.key, .value = std::nullopt});
        if (header.value) record.headers.back().value = as_bytes(*header.value);
    }
    BatchBuilder builder;
    builder.add(record);
    return Slice(builder.build());
}

RecordView record_in(const Slice& batch) {
    const BatchView view(batch.bytes());
    return RecordReader(view, view.records()).next().value();
}

// As it is read from offset 0.
Message read(const Slice& batch) {
    return read_message(batch, record_in(batch), place()).value();
}

MessageAttribute attribute(std::string name, std::string_view value,
                           AttributeKind kind = AttributeKind::text, std::string label = "") {
    return {.name = std::move(name),
            .kind = kind,
            .label = std::move(label),
            .value = Slice::copy_of(value)};
}

Message example() {
    Message message;
    message.body = Slice::copy_of(std::string_view("hello"));
    message.group = "g1";
    message.deduplication_id = "d-1";
    message.sender = "alice";
    message.attributes = {attribute("unit", "m"),
                          attribute("size", "12", AttributeKind::number, "int")};
    message.sent_at_ms = 1'700'000'000'000;
    return message;
}

TEST(Message, IsStoredAsTheFormatDocumentShows) {
    const Slice batch = batch_of(example());
    const RecordView record = record_in(batch);
    EXPECT_EQ(as_text(*record.key), "g1");
    EXPECT_EQ(as_text(*record.value), "hello");
    ASSERT_EQ(record.header_count, 3);
    HeaderReader headers(record);
    const HeaderView unit = headers.next().value();
    EXPECT_EQ(unit.key, "unit");
    EXPECT_EQ(as_text(*unit.value), "m");
    const HeaderView size = headers.next().value();
    EXPECT_EQ(size.key, "size");
    EXPECT_EQ(as_text(*size.value), "12");
    const HeaderView ours = headers.next().value();
    EXPECT_EQ(base::hex_encode(as_bytes(ours.key)), "706f6c796c6f672e6d657373616765");
    EXPECT_EQ(base::hex_encode(*ours.value),
              "01"
              "0206008103696e74"
              "0303642d31"
              "0505616c696365");
    EXPECT_EQ(message_id_at(place(), Offset{7}).to_hex(), "ccebfad1-8377-47db-b150-6cee1d10153d");
}

TEST(Message, ComesBackAsItWasSent) {
    Message message = example();
    message.id = message_id_at(place(), Offset{1});
    message.trace = "Root=1-5759e988";
    message.priority = 9;
    message.expires_at_ms = 1'700'000'060'000;
    message.dead_letter_source = "orders";
    message.attributes.push_back(
        attribute("key", std::string_view("\0\xff", 2), AttributeKind::binary, "png"));
    EXPECT_EQ(read(batch_of(message)), message);
}

TEST(Message, WithoutAnythingOfItsOwnHasNoExtraHeaderAndAnIdByItsPlace) {
    Message message;
    message.body = Slice::copy_of(std::string_view("x"));
    message.attributes = {attribute("a", "b")};
    const Slice batch = batch_of(message);
    EXPECT_EQ(record_in(batch).header_count, 1);
    message.id = message_id_at(place(), Offset{0});
    EXPECT_EQ(read(batch), message);
}

TEST(Message, KindsSurviveEvenWhereTheValueSuggestsAnother) {
    Message message;
    message.attributes = {attribute("binary", "looks like text", AttributeKind::binary),
                          attribute("text", "\xff", AttributeKind::text)};
    const Message back = read(batch_of(message));
    EXPECT_EQ(back.attributes, message.attributes);
}

TEST(Message, AnEmptyGroupIsAGroupAndAnEmptyBodyABody) {
    Message message;
    message.group = "";
    const Message back = read(batch_of(message));
    EXPECT_EQ(back.group, "");
    EXPECT_TRUE(back.body.empty());
}

TEST(Message, AnAttributeMayHaveTheNameOfTheHeader) {
    Message message;
    message.attributes = {attribute("polylog.message", "\x01")};
    const Message back = read(batch_of(message));
    EXPECT_EQ(back.attributes, message.attributes);
}

TEST(Message, OfAStreamProducerHasItsHeadersAsAttributes) {
    const Message message = read(
        batch_of(Raw{.key = "customer-7",
                     .value = std::nullopt,
                     .headers = {{"type", "order"}, {"none", std::nullopt}, {"raw", "\xfe\xff"}}}));
    EXPECT_TRUE(message.body.empty());
    EXPECT_EQ(message.group, "customer-7");
    EXPECT_EQ(message.sent_at_ms, 5);
    EXPECT_EQ(message.id, message_id_at(place(), Offset{0}));
    EXPECT_EQ(message.attributes,
              (std::vector{attribute("type", "order"), attribute("none", ""),
                           attribute("raw", "\xfe\xff", AttributeKind::binary)}));
}

TEST(Message, AHeaderOfTheNameThatDoesNotFitIsAnAttribute) {
    const std::string id(16, 'i');
    for (const std::string& value :
         {std::string(), std::string("\x02", 1), std::string("\x01\x01", 2),
          std::string("\x01\x01\x03xyz", 6), "\x01\x01\x10" + id.substr(1),
          std::string("\x01\x06\x02\x01\x01", 5), std::string("\x01\x02\x01\x03", 4),
          std::string("\x01\x02\x02\x00\x00", 5), std::string("\x01\x02\x01\x80", 4),
          std::string("\x01\x07\x01\x01", 4), std::string("\x01\x05\x01\x61\x05\x01\x61", 7),
          std::string("\x01\x05\x01\x61\x04\x00", 6),
          std::string("\x01\x05\xff\xff\xff\xff\x0f", 7)}) {
        const Message message = read(batch_of(
            Raw{.key = {}, .value = "b", .headers = {{"a", "1"}, {"polylog.message", value}}}));
        ASSERT_EQ(message.attributes.size(), 2u) << base::hex_encode(as_bytes(value));
        EXPECT_EQ(message.attributes[0], attribute("a", "1"));
        EXPECT_EQ(message.attributes[1].value.text(), value);
        EXPECT_EQ(message.sender, "");
    }
}

TEST(Message, TheHeaderCountsOnlyWhereItIsTheLastOne) {
    const Message message = read(batch_of(
        Raw{.key = {}, .value = "b", .headers = {{"polylog.message", "\x01"}, {"a", "1"}}}));
    EXPECT_EQ(message.attributes.size(), 2u);
}

TEST(Message, FieldsOfALaterTimeAreSkipped) {
    const Message message = read(batch_of(
        Raw{.key = {},
            .value = "b",
            .headers = {{"polylog.message", std::string("\x01\x05\x01\x61\x63\x02xy", 8)}}}));
    EXPECT_TRUE(message.attributes.empty());
    EXPECT_EQ(message.sender, "a");
}

TEST(Message, BrokenHeadersAreCorrupt) {
    const std::string broken("\x09xy", 3);
    const Slice slice = Slice::copy_of(broken);
    const RecordView record{
        .offset = {0}, .key = {}, .value = {}, .headers = slice.bytes(), .header_count = 1};
    EXPECT_EQ(read_message(slice, record, place()).error(), ErrorCode::corrupt);
}

TEST(Message, IdsOfPlacesDiffer) {
    const base::Uuid id = message_id_at(place(), Offset{0});
    TopicPartition elsewhere = place();
    elsewhere.partition.value = 1;
    EXPECT_NE(message_id_at(elsewhere, Offset{0}), id);
    EXPECT_NE(message_id_at(place(), Offset{1}), id);
    EXPECT_EQ(message_id_at(place(), Offset{0}), id);
    EXPECT_EQ(id.to_hex()[14], '4');
}

TEST(Message, CountsItsBodyAndItsAttributes) {
    EXPECT_EQ(payload_bytes(example()), 5u + (4 + 1) + (4 + 3 + 2));
}

base::Uuid uuid_of(uint8_t byte) {
    base::Uuid uuid;
    uuid.bytes.fill(byte);
    return uuid;
}

std::string last_header(const Message& message) {
    const Slice batch = batch_of(message);
    const RecordView record = record_in(batch);
    HeaderReader headers(record);
    std::string value;
    while (headers.has_next()) {
        const HeaderView header = headers.next().value();
        value = base::hex_encode(*header.value);
    }
    return value;
}

TEST(Message, NamesItsRecipientsAsDocumented) {
    Message message;
    message.subject = "s";
    message.recipients = {{.subscription = {1}}, {.subscription = {259}, .raw = true}};
    EXPECT_EQ(last_header(message), "010901730b03028504");
    const Message again = read(batch_of(message));
    EXPECT_EQ(again.subject, message.subject);
    EXPECT_EQ(again.recipients, message.recipients);
}

TEST(Message, SaysWhereItWasPublishedAsDocumented) {
    Message message;
    message.publication = Publication{.topic = "t",
                                      .message_id = uuid_of(1),
                                      .offset = {7},
                                      .published_at_ms = 5,
                                      .subscription = uuid_of(2)};
    EXPECT_EQ(last_header(message),
              "010a3101010101010101010101010101010101"
              "00000000000000070000000000000005"
              "0202020202020202020202020202020274");
    EXPECT_EQ(read(batch_of(message)).publication, message.publication);
}

TEST(Message, KeepsItsOtherBodiesAsDocumented) {
    Message message;
    message.variants = {{.name = "a", .body = Slice::copy_of("b")}, {.name = {}, .body = {}}};
    EXPECT_EQ(last_header(message), "010c06016101620000");
    EXPECT_EQ(read(batch_of(message)).variants, message.variants);
    EXPECT_EQ(payload_bytes(message), 2u);
}

TEST(Message, ManyRecipientsTakeAByteOrTwoEach) {
    Message message;
    for (uint64_t number = 1'000; number < 11'000; ++number)
        message.recipients.push_back({.subscription = {number}, .raw = number % 3 == 0});
    EXPECT_LT(batch_of(message).size(), 10'200u);
    EXPECT_EQ(read(batch_of(message)).recipients, message.recipients);
}

TEST(Message, RecipientsThatDoNotAscendAreSomebodyElsesHeader) {
    for (const char* hex :
         {"010b0100", "010b020201", "010c0201", "010c03016102", "010b0280", "010a02aabb"}) {
        const auto bytes = base::hex_decode(hex);
        const Message message = read(
            batch_of(Raw{.key = {}, .value = {}, .headers = {{"polylog.message", *bytes}}}));
        EXPECT_TRUE(message.recipients.empty()) << hex;
        EXPECT_EQ(message.attributes.size(), 1u) << hex;
    }
}

}  // namespace
}  // namespace polylog::model
