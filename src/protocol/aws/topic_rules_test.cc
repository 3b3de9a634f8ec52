#include "protocol/aws/topic_rules.h"

#include <gtest/gtest.h>

namespace polylog::aws {
namespace {

using sns::OutgoingMessage;

std::string fault_of(const OutgoingMessage& message, const TopicTraits& topic = {}) {
    const auto checked = check_published(message, topic);
    return checked ? "" : checked.error().message;
}

OutgoingMessage with_attribute(std::string type, std::string value) {
    OutgoingMessage message{.message = "m"};
    message.attributes["a"] = {.data_type = std::move(type), .string_value = std::move(value)};
    return message;
}

TEST(TopicName, HasLettersDigitsHyphensAndUnderscores) {
    EXPECT_TRUE(check_topic_name("a-B_9", false));
    EXPECT_TRUE(check_topic_name(std::string(256, 'a'), false));
    EXPECT_TRUE(check_topic_name("a.fifo", true));
    for (const std::string& name :
         {std::string(), std::string("a.b"), std::string("a.fifo"), std::string(257, 'a')}) {
        EXPECT_EQ(check_topic_name(name, false).error(),
                  Fault(FaultKind::invalid_parameter_value, "Invalid parameter: Topic Name"));
    }
    EXPECT_FALSE(check_topic_name("a", true));
}

TEST(PublishRules, BoundTheMessage) {
    EXPECT_EQ(fault_of({.message = "m"}), "");
    EXPECT_EQ(fault_of({}), "Invalid parameter: Empty message");
    OutgoingMessage largest = with_attribute("String", "x");
    largest.message = std::string(262'144 - 8, 'm');
    EXPECT_EQ(fault_of(largest), "");
    largest.message += 'm';
    EXPECT_EQ(fault_of(largest), "Invalid parameter: Message too long");
}

TEST(PublishRules, BoundTheSubject) {
    EXPECT_EQ(fault_of({.message = "m", .subject = std::string(100, 's')}), "");
    for (const std::string& subject : {std::string(), std::string(" s"), std::string("a\nb"),
                                       std::string(101, 's'), std::string("\xFF")}) {
        EXPECT_EQ(fault_of({.message = "m", .subject = subject}), "Invalid parameter: Subject");
    }
}

TEST(PublishRules, NeedADefaultAmongTextsPerProtocol) {
    EXPECT_EQ(fault_of({.message = R"({"default":"d"})", .structure = "json"}), "");
    EXPECT_EQ(fault_of({.message = R"({"sqs":"s"})", .structure = "json"}),
              "Invalid parameter: Message Structure - No default entry in JSON message body");
    EXPECT_EQ(fault_of({.message = "m", .structure = "json"}),
              "Invalid parameter: Message Structure - JSON message body failed to parse");
    EXPECT_EQ(fault_of({.message = "m", .structure = "xml"}),
              "Invalid parameter: MessageStructure");
}

TEST(PublishRules, GiveEachProtocolItsText) {
    const OutgoingMessage message{.message = R"({"default":"d","sqs":"s"})", .structure = "json"};
    EXPECT_EQ(text_for(message, "sqs"), "s");
    EXPECT_EQ(text_for(message, "http"), "d");
    EXPECT_EQ(text_for({.message = R"({"sqs":"s"})"}, "sqs"), R"({"sqs":"s"})");
}

TEST(PublishRules, NeedAttributesToHaveValuesOfTheirType) {
    EXPECT_EQ(fault_of(with_attribute("String.Array", "[1]")), "");
    EXPECT_EQ(check_published(with_attribute("Text", "x"), {}).error(),
              Fault(FaultKind::parameter_value_invalid,
                    "The message attribute 'a' has an invalid message attribute type, the set of "
                    "supported type prefixes is Binary, Number, and String."));
    EXPECT_NE(fault_of(with_attribute("", "x")), "");
    EXPECT_NE(fault_of(with_attribute("String", "")), "");
    EXPECT_NE(fault_of(with_attribute("Binary", "x")), "");
}

TEST(PublishRules, NeedAGroupAndADeduplicationIdInOrderedTopics) {
    const TopicTraits ordered{.ordered = true};
    EXPECT_EQ(fault_of({.message = "m"}, ordered),
              "Invalid parameter: The MessageGroupId parameter is required for FIFO topics");
    EXPECT_NE(fault_of({.message = "m", .group_id = "g"}, ordered), "");
    EXPECT_EQ(fault_of({.message = "m", .group_id = "g"},
                       {.ordered = true, .deduplicate_by_content = true}),
              "");
    EXPECT_EQ(fault_of({.message = "m", .deduplication_id = "d", .group_id = "g"}, ordered), "");
    EXPECT_EQ(fault_of({.message = "m", .group_id = "g"}), "");
    EXPECT_NE(fault_of({.message = "m", .deduplication_id = "d"}), "");
    EXPECT_NE(fault_of({.message = "m", .group_id = "a b"}), "");
}

}  // namespace
}  // namespace polylog::aws
