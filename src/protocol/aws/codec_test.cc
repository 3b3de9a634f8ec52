#include "protocol/aws/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/aws/messages/sns_subscriptions.h"
#include "protocol/aws/messages/sns_topics.h"
#include "protocol/aws/messages/sqs_messages.h"
#include "protocol/aws/messages/sqs_queues.h"
#include "protocol/aws/xml_output.h"

namespace polylog::aws {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr size_t kBodyMaxBytes = 1 << 20;

template <class Op>
typename Op::Input from_json(std::string_view body, std::string_view queue_url = "") {
    auto input = Codec<Op>::from_json(body, kBodyMaxBytes, queue_url);
    EXPECT_TRUE(input) << (input ? "" : input.error().message);
    return input.value_or(typename Op::Input());
}

template <class Op>
typename Op::Input from_query(std::string_view form, std::string_view queue_url = "") {
    const auto parameters = QueryParameters::parse("", form);
    EXPECT_TRUE(parameters);
    auto input = Codec<Op>::from_query(*parameters, queue_url);
    EXPECT_TRUE(input) << (input ? "" : input.error().message);
    return input.value_or(typename Op::Input());
}

template <class Op>
Fault json_fault(std::string_view body) {
    const auto input = Codec<Op>::from_json(body, kBodyMaxBytes, "");
    return input ? Fault(FaultKind::internal_failure, "no fault") : input.error();
}

template <class Op>
Fault query_fault(std::string_view form) {
    const auto input = Codec<Op>::from_query(*QueryParameters::parse("", form), "");
    return input ? Fault(FaultKind::internal_failure, "no fault") : input.error();
}

TEST(JsonCodec, ReadsAMessageWithItsAttributes) {
    const auto input = from_json<sqs::SendMessage>(R"({"QueueUrl": "http://h/1/q",
        "MessageBody": "hello \u00e9", "DelaySeconds": 5, "MessageGroupId": "g", "Unknown": [1],
        "MessageAttributes": {"n": {"DataType": "Number.int", "StringValue": "12"},
                              "b": {"DataType": "Binary", "BinaryValue": "AAH/"}}})");
    EXPECT_EQ(input.queue_url, "http://h/1/q");
    EXPECT_EQ(input.message.body, "hello \xC3\xA9");
    EXPECT_EQ(input.message.delay_seconds, 5);
    EXPECT_EQ(input.message.group_id, "g");
    EXPECT_EQ(input.message.deduplication_id, std::nullopt);
    ASSERT_EQ(input.message.attributes.size(), 2);
    EXPECT_EQ(input.message.attributes.at("n").data_type, "Number.int");
    EXPECT_EQ(input.message.attributes.at("n").string_value, "12");
    EXPECT_EQ(input.message.attributes.at("b").binary_value->bytes, std::string("\0\1\xFF", 3));
}

TEST(JsonCodec, TakesNumbersAsTextAndNullsAsAbsent) {
    const auto input = from_json<sqs::ReceiveMessage>(
        R"({"QueueUrl": "u", "MaxNumberOfMessages": "7", "WaitTimeSeconds": null})");
    EXPECT_EQ(input.messages_max, 7);
    EXPECT_EQ(input.wait_time_seconds, std::nullopt);
}

TEST(JsonCodec, SaysWhatIsMissingOrOfAnotherType) {
    EXPECT_EQ(json_fault<sqs::DeleteMessage>(R"({"QueueUrl": "u"})"),
              Fault(FaultKind::missing_parameter,
                    "The request must contain the parameter ReceiptHandle."));
    EXPECT_EQ(json_fault<sqs::DeleteMessage>("").message,
              "The request must contain the parameter QueueUrl.");
    EXPECT_EQ(json_fault<sqs::SendMessageBatch>(R"({"QueueUrl": "u", "Entries": [{"Id": "a",
                  "MessageBody": "b"}, {"Id": "c"}]})")
                  .message,
              "The request must contain the parameter Entries.2.MessageBody.");
    for (const std::string_view body :
         {R"({"QueueUrl": 1})", R"({"QueueUrl": "u", "MaxNumberOfMessages": 1.5})",
          R"({"QueueUrl": "u", "MaxNumberOfMessages": 2147483648})",
          R"({"QueueUrl": "u", "AttributeNames": "All"})", "[]", "{", "{} {}", "\xFF"}) {
        EXPECT_EQ(json_fault<sqs::ReceiveMessage>(body).kind, FaultKind::malformed_input) << body;
    }
    EXPECT_EQ(json_fault<sqs::SendMessage>(R"({"QueueUrl": "u", "MessageBody": "b",
                  "MessageAttributes": {"x": {"DataType": "Binary", "BinaryValue": "?"}}})")
                  .kind,
              FaultKind::malformed_input);
}

TEST(JsonCodec, TakesTheQueueFromThePathUnlessTheInputNamesOne) {
    EXPECT_EQ(from_json<sqs::PurgeQueue>("{}", "http://h/1/path").queue_url, "http://h/1/path");
    EXPECT_EQ(from_json<sqs::PurgeQueue>(R"({"QueueUrl": "own"})", "http://h/1/path").queue_url,
              "own");
}

TEST(QueryCodec, ReadsFlatListsAndMaps) {
    const auto created = from_query<sqs::CreateQueue>(
        "QueueName=q&Attribute.2.Name=B&Attribute.2.Value=2&Attribute.10.Name=C&"
        "Attribute.10.Value=&Attribute.1.Name=A&Attribute.1.Value=1+1&Tag.1.Key=k&Tag.1.Value=v");
    EXPECT_THAT(created.attributes, ElementsAre(Pair("A", "1 1"), Pair("B", "2"), Pair("C", "")));
    EXPECT_THAT(created.tags, ElementsAre(Pair("k", "v")));
    const auto named = from_query<sqs::GetQueueAttributes>(
        "QueueUrl=u&AttributeName.2=b&AttributeName.1=a&AttributeName.11=d&AttributeName.3=c");
    EXPECT_THAT(named.attribute_names, ElementsAre("a", "b", "c", "d"));
}

TEST(QueryCodec, ReadsListsAndMapsWithoutIndices) {
    EXPECT_THAT(from_query<sqs::GetQueueAttributes>("QueueUrl=u&AttributeName=All").attribute_names,
                ElementsAre("All"));
    EXPECT_THAT(from_query<sqs::GetQueueAttributes>("QueueUrl=u&AttributeName=").attribute_names,
                ElementsAre());
    EXPECT_THAT(from_query<sqs::SetQueueAttributes>("QueueUrl=u&Attribute.Name=a&Attribute.Value=b")
                    .attributes,
                ElementsAre(Pair("a", "b")));
}

TEST(QueryCodec, ReadsBatchesOfStructures) {
    const auto input = from_query<sqs::SendMessageBatch>(
        "SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=x%26y&"
        "SendMessageBatchRequestEntry.2.Id=b&SendMessageBatchRequestEntry.2.MessageBody=z&"
        "SendMessageBatchRequestEntry.2.DelaySeconds=3&"
        "SendMessageBatchRequestEntry.2.MessageAttribute.1.Name=n&"
        "SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.DataType=Binary&"
        "SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.BinaryValue=AQI%3D",
        "http://h/1/q");
    EXPECT_EQ(input.queue_url, "http://h/1/q");
    ASSERT_EQ(input.entries.size(), 2);
    EXPECT_EQ(input.entries[0].message.body, "x&y");
    EXPECT_EQ(input.entries[1].message.delay_seconds, 3);
    EXPECT_EQ(input.entries[1].message.attributes.at("n").binary_value->bytes, "\1\2");
}

TEST(QueryCodec, ReadsMembersAndEntriesOfTopics) {
    const auto created = from_query<sns::CreateTopic>(
        "Name=t&Attributes.entry.1.key=a&Attributes.entry.1.value=b&Tags.member.1.Key=k&"
        "Tags.member.1.Value=v");
    EXPECT_THAT(created.attributes, ElementsAre(Pair("a", "b")));
    EXPECT_THAT(created.tags, ElementsAre(sns::Tag{"k", "v"}));
    const auto published = from_query<sns::Publish>(
        "TopicArn=t&Message=m&MessageAttributes.entry.1.Name=n&"
        "MessageAttributes.entry.1.Value.DataType=String&"
        "MessageAttributes.entry.1.Value.StringValue=s");
    EXPECT_EQ(published.message.attributes.at("n").string_value, "s");
    EXPECT_EQ(from_query<sns::Subscribe>("TopicArn=t&Protocol=sqs&ReturnSubscriptionArn=true")
                  .return_subscription_arn,
              true);
}

TEST(QueryCodec, SaysWhatIsMissingInTheWordsOfTheService) {
    EXPECT_EQ(query_fault<sqs::DeleteQueue>(""),
              Fault(FaultKind::missing_parameter,
                    "The request must contain the parameter QueueUrl."));
    EXPECT_EQ(query_fault<sqs::SendMessageBatch>(
                  "QueueUrl=u&SendMessageBatchRequestEntry.1.MessageBody=b")
                  .message,
              "The request must contain the parameter SendMessageBatchRequestEntry.1.Id.");
    EXPECT_EQ(query_fault<sns::DeleteTopic>(""),
              Fault(FaultKind::validation_error,
                    "1 validation error detected: Value null at 'topicArn' failed to satisfy "
                    "constraint: Member must not be null"));
    EXPECT_EQ(query_fault<sqs::ReceiveMessage>("QueueUrl=u&WaitTimeSeconds=x"),
              Fault(FaultKind::invalid_parameter_value,
                    "Value x for parameter WaitTimeSeconds is invalid. Reason: Must be an "
                    "integer."));
    EXPECT_EQ(
        query_fault<sns::Subscribe>("TopicArn=t&Protocol=sqs&ReturnSubscriptionArn=perhaps").kind,
        FaultKind::invalid_parameter_value);
}

TEST(QueryParameters, AreBoundedAndTheFirstOfTwoCounts) {
    std::string many;
    for (size_t i = 0; i <= QueryParameters::kParametersMax; ++i) many += "a=b&";
    EXPECT_FALSE(QueryParameters::parse("", many));
    const auto parameters = QueryParameters::parse("a=1&b", "a=2&&c=%41");
    EXPECT_EQ(parameters->find("a"), "1");
    EXPECT_EQ(parameters->find("b"), "");
    EXPECT_EQ(parameters->find("c"), "A");
    EXPECT_EQ(parameters->find("d"), std::nullopt);
}

TEST(QueryParameters, CountsOnlyPlainIndices) {
    const auto parameters = QueryParameters::parse(
        "a.1=x&a.2.b=x&a.2.c=x&a.03=x&a.-4=x&a.5x=x&a.99999999999=x&a.=x&a=x&ab.7=x&a.0=x", "");
    EXPECT_THAT(parameters->indices("a"), ElementsAre(1, 2));
    EXPECT_TRUE(parameters->has_below("a.2"));
    EXPECT_FALSE(parameters->has_below("a.1"));
}

TEST(JsonCodec, LeavesOutWhatIsEmpty) {
    EXPECT_EQ(Codec<sqs::ReceiveMessage>::to_json({}), "{}");
    EXPECT_EQ(Codec<sqs::SendMessageBatch>::to_json({}), "{}");
    EXPECT_EQ(Codec<sqs::DeleteMessageBatch>::to_json({}), R"({"Successful":[],"Failed":[]})");
    EXPECT_EQ(Codec<sqs::DeleteQueue>::to_json({}), "");
    sqs::SendMessage::Output sent;
    sent.message_id = "id";
    EXPECT_EQ(Codec<sqs::SendMessage>::to_json(sent), R"({"MessageId":"id"})");
}

TEST(JsonCodec, WritesMessagesWithAttributes) {
    sqs::ReceiveMessage::Message message;
    message.body = "\"b\"";
    message.attributes = {{"SentTimestamp", "1"}};
    message.message_attributes["x"].data_type = "Binary";
    message.message_attributes["x"].binary_value = Blob{"\1"};
    EXPECT_EQ(Codec<sqs::ReceiveMessage>::to_json({.messages = {message}}),
              R"({"Messages":[{"Body":"\"b\"","Attributes":{"SentTimestamp":"1"},)"
              R"("MessageAttributes":{"x":{"BinaryValue":"AQ==","DataType":"Binary"}}}]})");
}

TEST(XmlCodec, WritesFlatListsAndMapsAndEscapesText) {
    sqs::ReceiveMessage::Message message;
    message.body = "<a b=\"c\">&\r\n</a>";
    message.attributes = {{"SentTimestamp", "1"}};
    EXPECT_EQ(Codec<sqs::ReceiveMessage>::to_xml({.messages = {message, {}}}, "r"),
              "<?xml version=\"1.0\"?><ReceiveMessageResponse "
              "xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><ReceiveMessageResult><Message>"
              "<Body>&lt;a b=&quot;c&quot;&gt;&amp;&#xD;\n&lt;/a&gt;</Body>"
              "<Attribute><Name>SentTimestamp</Name><Value>1</Value></Attribute></Message>"
              "<Message></Message></ReceiveMessageResult><ResponseMetadata><RequestId>r</RequestId>"
              "</ResponseMetadata></ReceiveMessageResponse>");
}

TEST(XmlCodec, IsWellFormedWhateverBytesGoIn) {
    std::string out;
    append_xml_text(out, "a\t\n\xC3\xA9\xF0\x9F\x98\x80\x7F");
    EXPECT_EQ(out, "a\t\n\xC3\xA9\xF0\x9F\x98\x80\x7F");
    out.clear();
    append_xml_text(out, std::string_view("\0\x1F\xFF\xEF\xBF\xBE\xED\xA0\x80", 9));
    std::string replaced;
    for (int i = 0; i < 9; ++i) replaced += "\xEF\xBF\xBD";
    EXPECT_EQ(out, replaced);
}

TEST(XmlCodec, HasNoResultWhereTheOperationHasNone) {
    EXPECT_EQ(Codec<sqs::PurgeQueue>::to_xml({}, "r"),
              "<?xml version=\"1.0\"?><PurgeQueueResponse "
              "xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><ResponseMetadata><RequestId>r"
              "</RequestId></ResponseMetadata></PurgeQueueResponse>");
    EXPECT_THAT(Codec<sns::TagResource>::to_xml({}, "r"),
                testing::HasSubstr("<TagResourceResult></TagResourceResult>"));
}

TEST(XmlCodec, WritesMembersAndEntriesOfTopicsEvenIfEmpty) {
    EXPECT_THAT(Codec<sns::ListTopics>::to_xml({.topics = {{"a"}}}, "r"),
                testing::HasSubstr("<ListTopicsResult><Topics><member><TopicArn>a</TopicArn>"
                                   "</member></Topics></ListTopicsResult>"));
    EXPECT_THAT(Codec<sns::ListTopics>::to_xml({}, "r"), testing::HasSubstr("<Topics></Topics>"));
    EXPECT_THAT(Codec<sns::GetTopicAttributes>::to_xml({.attributes = {{"a", "b"}}}, "r"),
                testing::HasSubstr("<Attributes><entry><key>a</key><value>b</value></entry>"
                                   "</Attributes>"));
}

TEST(QueryJsonCodec, WrapsTheResultAndListsMaps) {
    EXPECT_EQ(Codec<sqs::GetQueueAttributes>::to_query_json({.attributes = {{"a", "b"}}}, "r"),
              R"({"GetQueueAttributesResponse":{"GetQueueAttributesResult":{"Attributes":)"
              R"([{"Name":"a","Value":"b"}]},"ResponseMetadata":{"RequestId":"r"}}})");
    EXPECT_EQ(Codec<sqs::DeleteQueue>::to_query_json({}, "r"),
              R"({"DeleteQueueResponse":{"ResponseMetadata":{"RequestId":"r"}}})");
}

}  // namespace
}  // namespace polylog::aws
