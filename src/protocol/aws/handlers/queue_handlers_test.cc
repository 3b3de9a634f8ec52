#include "protocol/aws/handlers/queue_handlers.h"

#include "test/support/sqs_fixture.h"

namespace polylog::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class QueueHandlersTest : public testing::QueueFixture {
protected:
    // `rest` continues the object.
    std::string on_queue(std::string_view operation, std::string_view queue,
                         std::string_view rest = "") {
        return call(operation, fmt::format(R"({{"QueueUrl":"{}"{}}})", url_of(queue), rest));
    }
    std::string refused(std::string_view operation, std::string_view queue,
                        std::string_view rest = "") {
        return refusal(operation, fmt::format(R"({{"QueueUrl":"{}"{}}})", url_of(queue), rest));
    }
};

TEST_F(QueueHandlersTest, CreatesAgainWhatIsTheSame) {
    create("q", R"({"DelaySeconds":"5"})");
    create("q", R"({"DelaySeconds":"5"})");
    create("q");
    EXPECT_EQ(refusal("CreateQueue", R"({"QueueName":"q","Attributes":{"DelaySeconds":"6"}})"),
              "400 QueueNameExists: A queue already exists with the same name and a different "
              "value for attribute DelaySeconds");
    EXPECT_THAT(query("Action=CreateQueue&QueueName=q"),
                HasSubstr("<QueueUrl>http://localhost:9324/000000000000/q</QueueUrl>"));
}

TEST_F(QueueHandlersTest, RefusesNamesAndAttributesThatAreNone) {
    EXPECT_THAT(refusal("CreateQueue", R"({"QueueName":"a b"})"),
                StartsWith("400 InvalidParameterValueException"));
    EXPECT_EQ(refusal("CreateQueue", R"({"QueueName":"q","Attributes":{"FifoQueue":"false"}})"),
              "400 InvalidAttributeName: Unknown Attribute FifoQueue.");
    EXPECT_THAT(refusal("CreateQueue", R"({"QueueName":"q","Attributes":{"DelaySeconds":"901"}})"),
                StartsWith("400 InvalidAttributeValue"));
    EXPECT_THAT(refusal("CreateQueue",
                        R"({"QueueName":"q","Attributes":{"RedrivePolicy":)"
                        R"("{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:none\",)"
                        R"(\"maxReceiveCount\":1}"}})"),
                HasSubstr("Dead letter target does not exist."));
}

TEST_F(QueueHandlersTest, FindsQueuesByNameAndPrefix) {
    create("apples");
    create("pears");
    EXPECT_THAT(call("GetQueueUrl", R"({"QueueName":"pears"})"), HasSubstr("/000000000000/pears"));
    EXPECT_THAT(refusal("GetQueueUrl", R"({"QueueName":"plums"})"),
                StartsWith("400 QueueDoesNotExist"));
    EXPECT_EQ(call("ListQueues", "{}"),
              fmt::format(R"({{"QueueUrls":["{}","{}"]}})", url_of("apples"), url_of("pears")));
    EXPECT_EQ(call("ListQueues", R"({"QueueNamePrefix":"x"})"), "{}");
    const std::string page = call("ListQueues", R"({"MaxResults":1})");
    EXPECT_THAT(page, HasSubstr("apples"));
    const auto token = base::Json::parse(page, 4096)->get<std::string_view>("NextToken");
    ASSERT_TRUE(token);
    EXPECT_EQ(call("ListQueues", fmt::format(R"({{"MaxResults":1,"NextToken":"{}"}})", *token)),
              fmt::format(R"({{"QueueUrls":["{}"]}})", url_of("pears")));
}

TEST_F(QueueHandlersTest, ADeletedQueueIsGone) {
    create("q");
    EXPECT_EQ(on_queue("DeleteQueue", "q"), "");
    EXPECT_THAT(refused("DeleteQueue", "q"), StartsWith("400 QueueDoesNotExist"));
    EXPECT_EQ(call("ListQueues", "{}"), "{}");
    create("q");
    EXPECT_THAT(bodies("q"), IsEmpty());
}

TEST_F(QueueHandlersTest, ShowsAttributesAndFacts) {
    create("q");
    send("q", "ready");
    send("q", "delayed", R"(,"DelaySeconds":60)");
    const std::string all = on_queue("GetQueueAttributes", "q", R"(,"AttributeNames":["All"])");
    for (const std::string_view part :
         {R"("ApproximateNumberOfMessages":"1")", R"("ApproximateNumberOfMessagesDelayed":"1")",
          R"("ApproximateNumberOfMessagesNotVisible":"0")", R"("VisibilityTimeout":"30")",
          R"("QueueArn":"arn:aws:sqs:us-east-1:000000000000:q")"}) {
        EXPECT_THAT(all, HasSubstr(part));
    }
    EXPECT_EQ(base::Json::parse(all, 4096)->get<base::Json>("Attributes")->size(), 12);
    EXPECT_THAT(all, Not(HasSubstr(R"("CreatedTimestamp":"0")")));
    EXPECT_EQ(on_queue("GetQueueAttributes", "q"), "{}");
    EXPECT_EQ(refused("GetQueueAttributes", "q", R"(,"AttributeNames":["No"])"),
              "400 InvalidAttributeName: Unknown Attribute No.");
}

TEST_F(QueueHandlersTest, ChangesAttributesAndRemembersWhen) {
    create("q");
    const auto modified_at = [this] {
        return on_queue("GetQueueAttributes", "q",
                        R"(,"AttributeNames":["LastModifiedTimestamp"])");
    };
    const std::string before = modified_at();
    world_.run_for(std::chrono::seconds(10));
    EXPECT_EQ(on_queue("SetQueueAttributes", "q", R"(,"Attributes":{"VisibilityTimeout":"7"})"),
              "");
    EXPECT_THAT(on_queue("GetQueueAttributes", "q", R"(,"AttributeNames":["VisibilityTimeout"])"),
                HasSubstr("\"7\""));
    EXPECT_NE(modified_at(), before);
    EXPECT_EQ(refused("SetQueueAttributes", "q", R"(,"Attributes":{"QueueArn":"x"})"),
              "400 InvalidAttributeName: Unknown Attribute QueueArn.");
    create("q.fifo", R"({"FifoQueue":"true"})");
    EXPECT_EQ(refused("SetQueueAttributes", "q.fifo", R"(,"Attributes":{"FifoQueue":"false"})"),
              "400 InvalidAttributeValue: Invalid value for the parameter FifoQueue. Reason: "
              "Modifying queue type is not supported.");
}

TEST_F(QueueHandlersTest, KeepsTagsUpToFifty) {
    create("q");
    EXPECT_EQ(on_queue("ListQueueTags", "q"), "{}");
    EXPECT_EQ(on_queue("TagQueue", "q", R"(,"Tags":{"team":"orders","stage":"test"})"), "");
    EXPECT_EQ(on_queue("UntagQueue", "q", R"(,"TagKeys":["stage","unknown"])"), "");
    EXPECT_EQ(on_queue("ListQueueTags", "q"), R"({"Tags":{"team":"orders"}})");
    std::string many = R"("0":"")";
    for (int i = 1; i < 51; ++i) many += fmt::format(R"(,"{}":"")", i);
    EXPECT_THAT(refused("TagQueue", "q", fmt::format(R"(,"Tags":{{{}}})", many)),
                HasSubstr("Too many tags added for queue q."));
}

TEST_F(QueueHandlersTest, PermissionsBecomeStatementsOfThePolicy) {
    create("q");
    const std::string_view
        rest = R"(,"Label":"l","AWSAccountIds":["111122223333"],"Actions":["SendMessage"])";
    EXPECT_EQ(on_queue("AddPermission", "q", rest), "");
    EXPECT_THAT(on_queue("GetQueueAttributes", "q", R"(,"AttributeNames":["Policy"])"),
                HasSubstr("SQS:SendMessage"));
    EXPECT_THAT(refused("AddPermission", "q", rest), HasSubstr("Reason: Already exists."));
    EXPECT_EQ(on_queue("RemovePermission", "q", R"(,"Label":"l")"), "");
    EXPECT_THAT(refused("RemovePermission", "q", R"(,"Label":"l")"),
                HasSubstr("Reason: can't find label."));
    EXPECT_EQ(on_queue("GetQueueAttributes", "q", R"(,"AttributeNames":["Policy"])"), "{}");
}

TEST_F(QueueHandlersTest, ListsWhoseDeadLettersAQueueTakes) {
    create("dead");
    EXPECT_EQ(on_queue("ListDeadLetterSourceQueues", "dead"), R"({"queueUrls":[]})");
    const std::string_view policy =
        R"({"RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:dead\",)"
        R"(\"maxReceiveCount\":3}"})";
    create("q", policy);
    EXPECT_EQ(on_queue("ListDeadLetterSourceQueues", "dead"),
              fmt::format(R"({{"queueUrls":["{}"]}})", url_of("q")));
    create("closed", R"({"RedriveAllowPolicy":"{\"redrivePermission\":\"denyAll\"}"})");
    EXPECT_THAT(refused("SetQueueAttributes", "q",
                        R"(,"Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:)"
                        R"(us-east-1:000000000000:closed\",\"maxReceiveCount\":3}"})"),
                StartsWith("400 InvalidParameterValueException"));
}

TEST_F(QueueHandlersTest, PurgesEverything) {
    create("q");
    send("q", "one");
    receive("q");
    send("q", "two");
    send("q", "three", R"(,"DelaySeconds":60)");
    EXPECT_EQ(on_queue("PurgeQueue", "q"), "");
    world_.run_for(std::chrono::minutes(2));
    EXPECT_THAT(bodies("q"), IsEmpty());
    EXPECT_THAT(refused("PurgeQueue", "none"), StartsWith("400 QueueDoesNotExist"));
}

TEST_F(QueueHandlersTest, ATopicThatIsNoQueueIsNotFound) {
    std::vector<meta::NewTopic> topics;
    topics.push_back({.name = "stream", .partition_count = 1});
    const auto created = sim::run_task(node_,
                                       program().broker->topics().create(std::move(topics), false));
    ASSERT_TRUE(created && created->at(0));
    EXPECT_THAT(refusal("GetQueueUrl", R"({"QueueName":"stream"})"),
                StartsWith("400 QueueDoesNotExist"));
    EXPECT_THAT(refusal("CreateQueue", R"({"QueueName":"stream"})"),
                StartsWith("400 QueueNameExists"));
    EXPECT_EQ(call("ListQueues", "{}"), "{}");
}

TEST_F(QueueHandlersTest, RefusesTasksThatMoveMessagesByName) {
    EXPECT_THAT(refusal("StartMessageMoveTask", R"({"SourceArn":"a"})"),
                HasSubstr("The action StartMessageMoveTask is not offered by this broker."));
}

}  // namespace
}  // namespace polylog::aws
