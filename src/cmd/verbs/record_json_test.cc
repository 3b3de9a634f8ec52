#include "cmd/verbs/record_json.h"

#include <gtest/gtest.h>

namespace polylog::cmd {
namespace {

client::ConsumedRecord record(std::optional<std::string> key, std::optional<std::string> value) {
    client::ConsumedRecord record;
    record.topic = "orders";
    record.partition = 3;
    record.offset = 47;
    record.timestamp_ms = 1'767'323'045'678;
    record.key = std::move(key);
    record.value = std::move(value);
    return record;
}

TEST(RecordJson, LooksAsDocumented) {
    client::ConsumedRecord one = record("c1", std::nullopt);
    one.headers = {{"a", "1"}};
    std::string text;
    append_json(one, text);
    EXPECT_EQ(text,
              "{\"topic\":\"orders\",\"partition\":3,\"offset\":47,\"timestamp\":\"2026-01-02T03:"
              "04:05.678Z\","
              "\"timestamp_ms\":1767323045678,\"key\":\"c1\",\"value\":null,"
              "\"headers\":[{\"key\":\"a\",\"value\":\"1\"}]}");
}

TEST(RecordJson, GoesThereAndBackWithoutLoss) {
    const std::string binary("\x00\xff\xfe{", 4);
    const std::string text_with_null("a\0b", 3);
    const std::vector<std::optional<std::string>> samples{std::nullopt,      "",
                                                          "plain",           "\"\\\n\t",
                                                          text_with_null,    binary,
                                                          "\xf0\x9f\x8d\x95"};
    for (const auto& key : samples) {
        for (const auto& value : samples) {
            client::ConsumedRecord original = record(key, value);
            original.headers = {{"name", key}, {"name", value}, {"", std::nullopt}};
            std::string text;
            append_json(original, text);
            EXPECT_FALSE(text.contains('\n'));
            const auto parsed = parse_record_json(text);
            ASSERT_TRUE(parsed.has_value()) << text << parsed.error().message();
            EXPECT_EQ(parsed->key, original.key) << text;
            EXPECT_EQ(parsed->value, original.value) << text;
            EXPECT_EQ(parsed->headers, original.headers) << text;
            EXPECT_EQ(parsed->timestamp_ms, original.timestamp_ms);
            EXPECT_EQ(parsed->partition, original.partition);
        }
    }
}

TEST(RecordJson, TakesWhatPeopleTypeByHand) {
    const auto parsed = parse_record_json(
        R"({"value":"v","headers":{"a":"1"},"timestamp":"2026-01-02T03:04Z"})");
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->key, std::nullopt);
    EXPECT_EQ(parsed->headers, (std::vector<client::Header>{{"a", "1"}}));
    EXPECT_EQ(parsed->timestamp_ms, 1'767'323'040'000);
}

TEST(RecordJson, RefusesWhatIsNoRecord) {
    for (const std::string_view text : {"", "[]", "{", "{\"key\":1}", "{\"value_base64\":\"?\"}",
                                        "{\"headers\":[1]}", "{\"timestamp\":\"yesterday\"}"}) {
        EXPECT_FALSE(parse_record_json(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace polylog::cmd
