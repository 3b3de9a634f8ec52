#include "protocol/aws/message_rules.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace polylog::aws {
namespace {

using sqs::MessageAttribute;
using sqs::OutgoingMessage;

model::QueueSettings standard() {
    return {};
}
model::QueueSettings ordered() {
    model::QueueSettings settings;
    settings.ordered = true;
    return settings;
}

Fault fault_of(const OutgoingMessage& message, const model::QueueSettings& queue = standard()) {
    const auto checked = check_message(message, queue);
    return checked ? Fault(FaultKind::internal_failure, "no fault") : checked.error();
}
Fault invalid(std::string text) {
    return {FaultKind::invalid_parameter_value, std::move(text)};
}

// A message with one attribute.
OutgoingMessage with_attribute(std::string name, std::string type, std::string value) {
    return {.body = "b",
            .attributes = {{std::move(name), MessageAttribute{.string_value = std::move(value),
                                                              .data_type = std::move(type)}}}};
}

TEST(MessageRules, TakeAnyTextThatXmlCanCarry) {
    EXPECT_TRUE(is_message_text("\t\n\r \x7F\xC2\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBD"));
    EXPECT_TRUE(is_message_text("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"));
    for (const std::string_view text :
         {std::string_view("\0", 1), std::string_view("a\x1F"), std::string_view("\x0B"),
          std::string_view("\xEF\xBF\xBE"), std::string_view("\xEF\xBF\xBF"),
          std::string_view("\xED\xA0\x80"), std::string_view("\xC3"), std::string_view("\xFF")}) {
        EXPECT_EQ(fault_of({.body = std::string(text)}),
                  Fault(FaultKind::invalid_message_contents));
    }
}

TEST(MessageRules, NeedABody) {
    EXPECT_EQ(fault_of({}), Fault(FaultKind::missing_parameter,
                                  "The request must contain the parameter MessageBody."));
}

TEST(MessageRules, CountTheBodyAndWholeAttributesAgainstTheSize) {
    model::QueueSettings small;
    small.message_max_bytes = 1024;
    OutgoingMessage message = with_attribute("k", "String", "x");
    message.body = std::string(1024 - 8, 'b');
    EXPECT_EQ(size_bytes(message), 1024);
    EXPECT_EQ(fault_of(message, small).message, "no fault");
    message.body += 'b';
    EXPECT_EQ(fault_of(message, small),
              invalid("One or more parameters are invalid. Reason: Message must be shorter than "
                      "1024 bytes."));
}

TEST(MessageRules, BoundTheDelay) {
    EXPECT_EQ(fault_of({.body = "b", .delay_seconds = 900}).message, "no fault");
    EXPECT_EQ(fault_of({.body = "b", .delay_seconds = 901}),
              invalid("Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must "
                      "be >= 0 and <= 900."));
    EXPECT_EQ(fault_of({.body = "b", .delay_seconds = -1}).kind,
              FaultKind::invalid_parameter_value);
    const OutgoingMessage delayed{.body = "b",
                                  .delay_seconds = 1,
                                  .deduplication_id = "d",
                                  .group_id = "g"};
    EXPECT_EQ(fault_of(delayed, ordered()).kind, FaultKind::invalid_parameter_value);
    OutgoingMessage at_once = delayed;
    at_once.delay_seconds = 0;
    EXPECT_EQ(fault_of(at_once, ordered()).message, "no fault");
}

TEST(MessageRules, BoundTheAttributes) {
    OutgoingMessage many{.body = "b"};
    for (int i = 0; i < 11; ++i) {
        many.attributes[std::to_string(i)] = {.string_value = "x", .data_type = "String"};
    }
    EXPECT_EQ(fault_of(many).message,
              "Number of message attributes [11] exceeds the allowed maximum [10].");
    EXPECT_EQ(fault_of(with_attribute("a.b-C_9", "Number.int", "-1.5e+3")).message, "no fault");
    for (const std::string& name : {std::string(), std::string("a b"), std::string(".a"),
                                    std::string("a."), std::string("a..b"), std::string("AWS.x"),
                                    std::string("amazon.x"), std::string(256, 'a')}) {
        EXPECT_EQ(fault_of(with_attribute(name, "String", "x")).kind,
                  FaultKind::invalid_parameter_value)
            << name;
    }
    for (const std::string& type : {std::string(), std::string("Text"), std::string("Strings"),
                                    std::string("String."), "String." + std::string(249, 'x')}) {
        EXPECT_EQ(fault_of(with_attribute("a", type, "x")).kind, FaultKind::invalid_parameter_value)
            << type;
    }
}

TEST(MessageRules, NeedAttributesToHaveValuesOfTheirType) {
    EXPECT_EQ(fault_of(with_attribute("a", "String", "")),
              invalid("Message (user) attribute 'a' must contain a non-empty value of type "
                      "'String'."));
    EXPECT_EQ(fault_of(with_attribute("a", "Binary", "text")),
              invalid("Message (user) attribute 'a' must contain a non-empty value of type "
                      "'Binary'."));
    EXPECT_EQ(fault_of(with_attribute("a", "String", "\x01")).kind,
              FaultKind::invalid_parameter_value);
    for (const std::string& text : {"x", "1x", "", "-", ".", "1e", "0x1", "1 "}) {
        EXPECT_EQ(fault_of(with_attribute("a", "Number", text)).kind,
                  FaultKind::invalid_parameter_value)
            << text;
    }
    OutgoingMessage lists{.body = "b"};
    lists.attributes["a"] = {.string_list_values = {"x"}, .data_type = "String"};
    EXPECT_EQ(fault_of(lists).kind, FaultKind::invalid_parameter_value);
}

TEST(MessageRules, KnowOneSystemAttribute) {
    OutgoingMessage message{.body = "b"};
    message.system_attributes["AWSTraceHeader"] = {.string_value = "Root=1", .data_type = "String"};
    EXPECT_EQ(fault_of(message).message, "no fault");
    message.system_attributes["AWSTraceHeader"].data_type = "Number";
    EXPECT_EQ(fault_of(message).kind, FaultKind::invalid_parameter_value);
    message.system_attributes = {{"Other", {.string_value = "x", .data_type = "String"}}};
    EXPECT_EQ(fault_of(message).kind, FaultKind::invalid_parameter_value);
}

TEST(MessageRules, NeedAGroupAndADeduplicationIdInOrderedQueues) {
    EXPECT_EQ(fault_of({.body = "b"}, ordered()),
              Fault(FaultKind::missing_parameter,
                    "The request must contain the parameter MessageGroupId."));
    EXPECT_EQ(fault_of({.body = "b", .group_id = "g"}, ordered()),
              invalid("The queue should either have ContentBasedDeduplication enabled or "
                      "MessageDeduplicationId provided explicitly"));
    model::QueueSettings by_content = ordered();
    by_content.deduplicate_by_content = true;
    const OutgoingMessage message{.body = "hello", .group_id = "g"};
    EXPECT_EQ(fault_of(message, by_content).message, "no fault");
    EXPECT_EQ(deduplication_id_of(message),
              "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    EXPECT_EQ(deduplication_id_of({.body = "hello", .deduplication_id = "own"}), "own");
}

TEST(MessageRules, TakeAGroupInStandardQueuesButNoDeduplicationId) {
    EXPECT_EQ(fault_of({.body = "b", .group_id = "tenant"}).message, "no fault");
    EXPECT_EQ(fault_of({.body = "b", .deduplication_id = "d"}).kind,
              FaultKind::invalid_parameter_value);
}

TEST(MessageRules, BoundIds) {
    EXPECT_EQ(fault_of({.body = "b", .group_id = "a!~/" + std::string(124, 'x')}).message,
              "no fault");
    for (const std::string& id :
         {std::string(), std::string("a b"), std::string("\xC3\xA9"), std::string(129, 'x')}) {
        EXPECT_EQ(fault_of({.body = "b", .group_id = id}),
                  invalid(fmt::format("Value {} for parameter MessageGroupId is invalid. Reason: "
                                      "MessageGroupId can only include alphanumeric and "
                                      "punctuation characters. 1 to 128 in length.",
                                      id)));
    }
}

TEST(ReceiveRules, BoundTheNumbers) {
    const auto message = [](const sqs::ReceiveMessage::Input& input) {
        const auto checked = check_receive(input);
        return checked ? std::string() : checked.error().message;
    };
    EXPECT_EQ(message(
                  {.messages_max = 10, .visibility_timeout_seconds = 0, .wait_time_seconds = 20}),
              "");
    EXPECT_EQ(message({.messages_max = 11}),
              "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 "
              "and 10, if provided.");
    EXPECT_EQ(message({.messages_max = 0}),
              "Value 0 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and "
              "10, if provided.");
    EXPECT_EQ(message({.wait_time_seconds = 21}),
              "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, "
              "if provided.");
    EXPECT_EQ(message({.visibility_timeout_seconds = 43'201}),
              "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= "
              "43200, if provided.");
    EXPECT_NE(message({.attempt_id = "a b"}), "");
    EXPECT_EQ(message({.attribute_names = {"All", "SentTimestamp", "Policy"}}), "");
    EXPECT_EQ(message({.system_attribute_names = {"Nonsense"}}), "Unknown Attribute Nonsense.");
}

TEST(ReceiveRules, BoundTheVisibilityTimeoutAndPages) {
    EXPECT_TRUE(check_visibility_timeout(43'200));
    EXPECT_FALSE(check_visibility_timeout(43'201));
    EXPECT_FALSE(check_visibility_timeout(-1));
    EXPECT_TRUE(check_max_results(std::nullopt, 1000));
    EXPECT_TRUE(check_max_results(1000, 1000));
    EXPECT_FALSE(check_max_results(1001, 1000));
    EXPECT_FALSE(check_max_results(0, 1000));
}

TEST(AskedAttributes, AreAllOrThoseWithAPrefixOrTheirNames) {
    EXPECT_TRUE(asks_for({"All"}, "a"));
    EXPECT_TRUE(asks_for({".*"}, "a"));
    EXPECT_TRUE(asks_for({"x", "a"}, "a"));
    EXPECT_TRUE(asks_for({"ab.*"}, "abc"));
    EXPECT_FALSE(asks_for({"b.*"}, "abc"));
    EXPECT_FALSE(asks_for({}, "a"));
    EXPECT_FALSE(asks_for({"A"}, "a"));
}

}  // namespace
}  // namespace polylog::aws
