#include "protocol/aws/handlers/message_handlers.h"

#include "test/support/sqs_fixture.h"

namespace polylog::aws {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class MessageHandlersTest : public testing::QueueFixture {};

constexpr std::string_view kFifo = R"({"FifoQueue":"true"})";
constexpr std::string_view kTen = R"(,"MaxNumberOfMessages":10)";

TEST_F(MessageHandlersTest, AMessageIsSentReceivedAndDeleted) {
    create("q");
    EXPECT_THAT(send("q", "hello"), HasSubstr("5d41402abc4b2a76b9719d911017c592"));
    const auto received = receive("q");
    ASSERT_THAT(received, SizeIs(1));
    EXPECT_EQ(received[0].body, "hello");
    EXPECT_THAT(bodies("q"), IsEmpty());
    EXPECT_EQ(settle("DeleteMessage", "q", received[0].handle), "200");
    EXPECT_EQ(settle("DeleteMessage", "q", received[0].handle), "200");
    world_.run_for(std::chrono::minutes(1));
    EXPECT_THAT(bodies("q"), IsEmpty());
}

TEST_F(MessageHandlersTest, IdsAndDigestsAreTheSameInEveryReceive) {
    create("q");
    const std::string sent = send(
        "q", "x", R"(,"MessageAttributes":{"k":{"DataType":"String","StringValue":"x"}})");
    EXPECT_THAT(sent, HasSubstr(R"("MD5OfMessageAttributes":"a45daa70926828a2f0a1db3418e6feb4")"));
    const auto first = receive("q", R"(,"MessageAttributeNames":["All"])");
    world_.run_for(std::chrono::seconds(40));  // the machine's clock may be slow
    const auto second = receive("q", R"(,"MessageAttributeNames":["k"])");
    ASSERT_THAT(first, SizeIs(1));
    ASSERT_THAT(second, SizeIs(1));
    EXPECT_EQ(first[0].id, second[0].id);
    EXPECT_NE(first[0].handle, second[0].handle);
    EXPECT_THAT(sent, HasSubstr(first[0].id));
    EXPECT_THAT(second[0].json, HasSubstr("a45daa70926828a2f0a1db3418e6feb4"));
}

TEST_F(MessageHandlersTest, ShowsTheAttributesThatAreAskedFor) {
    create("q");
    send("q", "x",
         R"(,"MessageAttributes":{"a.b":{"DataType":"Number.int","StringValue":"7"},)"
         R"("c":{"DataType":"Binary","BinaryValue":"AP8="}},"MessageSystemAttributes":)"
         R"({"AWSTraceHeader":{"DataType":"String","StringValue":"Root=1"}},"MessageGroupId":"g")");
    const auto received = receive(
        "q", R"(,"VisibilityTimeout":0,"AttributeNames":["All"],"MessageAttributeNames":[".*"])");
    ASSERT_THAT(received, SizeIs(1));
    for (const std::string_view part :
         {R"("a.b":{"StringValue":"7","DataType":"Number.int"})",
          R"("c":{"BinaryValue":"AP8=","DataType":"Binary"})", R"("AWSTraceHeader":"Root=1")",
          R"("ApproximateReceiveCount":"1")", R"("MessageGroupId":"g")",
          R"("SenderId":"000000000000")", "SentTimestamp", "ApproximateFirstReceiveTimestamp"}) {
        EXPECT_THAT(received[0].json, HasSubstr(part));
    }
    world_.run_for(std::chrono::milliseconds(10));
    const auto some = receive(
        "q", R"(,"VisibilityTimeout":0,"MessageSystemAttributeNames":["ApproximateReceiveCount"],)"
             R"("MessageAttributeNames":["a.*"])");
    ASSERT_THAT(some, SizeIs(1));
    EXPECT_THAT(some[0].json, HasSubstr(R"("Attributes":{"ApproximateReceiveCount":"2"})"));
    EXPECT_THAT(some[0].json, HasSubstr("a.b"));
    EXPECT_THAT(some[0].json, Not(HasSubstr("AP8=")));
    world_.run_for(std::chrono::milliseconds(10));
    EXPECT_THAT(receive("q")[0].json, Not(HasSubstr("Attributes")));
}

TEST_F(MessageHandlersTest, RefusesWhatIsNoMessage) {
    create("q", R"({"MaximumMessageSize":"1024"})");
    const auto refused = [this](std::string_view rest) {
        return refusal("SendMessage", fmt::format(R"({{"QueueUrl":"{}",{}}})", url_of("q"), rest));
    };
    EXPECT_THAT(refused(R"("MessageBody":"")"),
                HasSubstr("The request must contain the parameter MessageBody."));
    EXPECT_EQ(refused(fmt::format(R"("MessageBody":"{}")", std::string(1025, 'x'))),
              "400 InvalidParameterValueException: One or more parameters are invalid. Reason: "
              "Message must be shorter than 1024 bytes.");
    EXPECT_THAT(refused(R"("MessageBody":"\u0001")"), StartsWith("400 InvalidMessageContents"));
    EXPECT_THAT(refused(R"("MessageBody":"x","DelaySeconds":901)"),
                StartsWith("400 InvalidParameterValueException"));
    EXPECT_THAT(refused(R"("MessageBody":"x","MessageDeduplicationId":"d")"),
                StartsWith("400 InvalidParameterValueException"));
    EXPECT_THAT(refusal("SendMessage",
                        fmt::format(R"({{"QueueUrl":"{}","MessageBody":"x"}})", url_of("none"))),
                StartsWith("400 QueueDoesNotExist: The specified queue does not exist."));
    EXPECT_THAT(refusal("SendMessage", R"({"QueueUrl":"q","MessageBody":"x"})"),
                StartsWith("400 InvalidAddress"));
    EXPECT_THAT(query("Action=SendMessage&MessageBody=x", "/000000000000/none"),
                HasSubstr("<Code>AWS.SimpleQueueService.NonExistentQueue</Code>"));
}

TEST_F(MessageHandlersTest, RefusesWhatIsNoRequestForMessages) {
    create("q");
    const auto refused = [this](std::string_view rest) {
        return refusal("ReceiveMessage",
                       fmt::format(R"({{"QueueUrl":"{}",{}}})", url_of("q"), rest));
    };
    EXPECT_EQ(refused(R"("MaxNumberOfMessages":11)"),
              "400 InvalidParameterValueException: Value 11 for parameter MaxNumberOfMessages is "
              "invalid. Reason: Must be between 1 and 10, if provided.");
    EXPECT_EQ(refused(R"("WaitTimeSeconds":21)"),
              "400 InvalidParameterValueException: Value 21 for parameter WaitTimeSeconds is "
              "invalid. Reason: Must be >= 0 and <= 20, if provided.");
    EXPECT_EQ(refused(R"("AttributeNames":["Nonsense"])"),
              "400 InvalidAttributeName: Unknown Attribute Nonsense.");
}

TEST_F(MessageHandlersTest, DelaysAndTimeoutsAreKept) {
    create("q", R"({"VisibilityTimeout":"5"})");
    send("q", "later", R"(,"DelaySeconds":10)");
    EXPECT_THAT(bodies("q"), IsEmpty());
    world_.run_for(std::chrono::seconds(11));
    EXPECT_THAT(bodies("q"), ElementsAre("later"));
    world_.run_for(std::chrono::seconds(6));
    const auto again = receive("q");
    ASSERT_THAT(again, SizeIs(1));
    EXPECT_EQ(settle("ChangeMessageVisibility", "q", again[0].handle, R"(,"VisibilityTimeout":60)"),
              "200");
    world_.run_for(std::chrono::seconds(30));
    EXPECT_THAT(bodies("q"), IsEmpty());
    EXPECT_EQ(settle("ChangeMessageVisibility", "q", again[0].handle, R"(,"VisibilityTimeout":0)"),
              "200");
    EXPECT_THAT(bodies("q"), ElementsAre("later"));
}

TEST_F(MessageHandlersTest, AWaitingReceiverIsAnsweredWhenAMessageComes) {
    create("q");
    auto answer = std::make_shared<std::optional<http::Response>>();
    node_.spawn(sim::detail::store_result(
        program().dispatcher.handle(
            request("ReceiveMessage",
                    fmt::format(R"({{"QueueUrl":"{}","WaitTimeSeconds":20}})", url_of("q")))),
        answer));
    world_.run_for(std::chrono::seconds(5));
    EXPECT_FALSE(*answer);
    send("q", "woken");
    world_.run_for(std::chrono::milliseconds(100));
    ASSERT_TRUE(*answer);
    EXPECT_THAT((*answer)->body, HasSubstr("woken"));
}

TEST_F(MessageHandlersTest, AWaitEndsEmptyWhenTimeIsUpOrTheServerStops) {
    create("q", R"({"ReceiveMessageWaitTimeSeconds":"3"})");
    const auto before = world_.now();
    EXPECT_THAT(bodies("q"), IsEmpty());
    EXPECT_GE(world_.now() - before, std::chrono::seconds(3));
    auto answer = std::make_shared<std::optional<http::Response>>();
    node_.spawn(sim::detail::store_result(
        program().dispatcher.handle(
            request("ReceiveMessage",
                    fmt::format(R"({{"QueueUrl":"{}","WaitTimeSeconds":20}})", url_of("q")))),
        answer));
    world_.run_for(std::chrono::milliseconds(100));
    node_.shard(0).post([this] { program().messages->stop_waiting(); });
    world_.run_for(std::chrono::milliseconds(100));
    ASSERT_TRUE(*answer);
    EXPECT_EQ((*answer)->body, "{}");
}

TEST_F(MessageHandlersTest, AReceiverThatGoesAwayLeavesNothingLeased) {
    create("q");
    {
        io::TaskScope* scope = nullptr;
        auto owner = std::make_shared<io::TaskScope>();
        scope = owner.get();
        node_.shard(0).post([this, scope] {
            auto handled = program().dispatcher.handle(
                request("ReceiveMessage",
                        fmt::format(R"({{"QueueUrl":"{}","WaitTimeSeconds":20}})", url_of("q"))));
            auto answer = std::make_shared<std::optional<http::Response>>();
            scope->spawn(sim::detail::store_result(std::move(handled), answer));
        });
        world_.run_for(std::chrono::seconds(1));
        node_.shard(0).post([owner] { owner->destroy_all(); });
        world_.run_for(std::chrono::milliseconds(10));
    }
    send("q", "for another");
    EXPECT_THAT(bodies("q"), ElementsAre("for another"));
}

TEST_F(MessageHandlersTest, RefusesHandlesThatAreNotOfThisQueue) {
    create("q");
    create("other");
    send("q", "x");
    const std::string handle = receive("q")[0].handle;
    EXPECT_EQ(settle("DeleteMessage", "q", "garbage"),
              "400 ReceiptHandleIsInvalid: The input receipt handle \"garbage\" is not a valid "
              "receipt handle.");
    EXPECT_THAT(settle("DeleteMessage", "other", handle), StartsWith("400 ReceiptHandleIsInvalid"));
    EXPECT_EQ(settle("DeleteMessage", "q", handle), "200");
    EXPECT_EQ(settle("ChangeMessageVisibility", "q", handle, R"(,"VisibilityTimeout":1)"),
              fmt::format("400 InvalidParameterValueException: Value {} for parameter "
                          "ReceiptHandle is invalid. Reason: Message does not exist or is not "
                          "available for visibility timeout change.",
                          handle));
    EXPECT_THAT(settle("ChangeMessageVisibility", "q", handle, R"(,"VisibilityTimeout":43201)"),
                StartsWith("400 InvalidParameterValueException"));
}

TEST_F(MessageHandlersTest, AnExpiredHandleDeletesUnlessTheQueueIsOrdered) {
    create("q", R"({"VisibilityTimeout":"1"})");
    send("q", "x");
    const std::string handle = receive("q")[0].handle;
    world_.run_for(std::chrono::seconds(2));
    EXPECT_THAT(settle("ChangeMessageVisibility", "q", handle, R"(,"VisibilityTimeout":5)"),
                StartsWith("400 MessageNotInflight"));
    EXPECT_EQ(settle("DeleteMessage", "q", handle), "200");
    EXPECT_THAT(bodies("q"), IsEmpty());

    create("q.fifo", R"({"FifoQueue":"true","VisibilityTimeout":"1"})");
    send("q.fifo", "x", R"(,"MessageGroupId":"g","MessageDeduplicationId":"1")");
    const std::string late = receive("q.fifo")[0].handle;
    world_.run_for(std::chrono::seconds(2));
    EXPECT_EQ(settle("DeleteMessage", "q.fifo", late),
              fmt::format("400 InvalidParameterValueException: Value {} for parameter "
                          "ReceiptHandle is invalid. Reason: The receipt handle has expired.",
                          late));
}

TEST_F(MessageHandlersTest, AnOrderedQueueKeepsGroupsInOrder) {
    create("q.fifo", kFifo);
    for (const std::string_view id : {"a1", "a2", "b1", "a3"}) {
        send("q.fifo", id,
             fmt::format(R"(,"MessageGroupId":"{}","MessageDeduplicationId":"{}")", id[0], id));
    }
    const auto first = receive("q.fifo");
    ASSERT_THAT(first, SizeIs(1));
    EXPECT_EQ(first[0].body, "a1");
    EXPECT_THAT(bodies("q.fifo", kTen), ElementsAre("b1"));
    EXPECT_EQ(settle("DeleteMessage", "q.fifo", first[0].handle), "200");
    EXPECT_THAT(bodies("q.fifo", kTen), ElementsAre("a2", "a3"));
}

TEST_F(MessageHandlersTest, AnOrderedQueueTakesAMessageOnce) {
    create("q.fifo", R"({"FifoQueue":"true","ContentBasedDeduplication":"true"})");
    const std::string rest = R"(,"MessageGroupId":"g")";
    const std::string first = send("q.fifo", "same", rest);
    EXPECT_THAT(first, HasSubstr("SequenceNumber\":\"1000000000000000000"));
    EXPECT_EQ(send("q.fifo", "same", rest), first);
    EXPECT_THAT(bodies("q.fifo", kTen), ElementsAre("same"));
}

TEST_F(MessageHandlersTest, AnOrderedQueueDemandsGroupsAndIds) {
    create("q.fifo", kFifo);
    const auto refused = [this](std::string_view rest) {
        return refusal("SendMessage", fmt::format(R"({{"QueueUrl":"{}","MessageBody":"x"{}}})",
                                                  url_of("q.fifo"), rest));
    };
    EXPECT_THAT(refused(""), HasSubstr("The request must contain the parameter MessageGroupId."));
    EXPECT_THAT(refused(R"(,"MessageGroupId":"g")"),
                HasSubstr("ContentBasedDeduplication enabled or MessageDeduplicationId provided"));
    EXPECT_THAT(refused(R"(,"MessageGroupId":"a b","MessageDeduplicationId":"1")"),
                HasSubstr("can only include alphanumeric and punctuation characters"));
    EXPECT_THAT(refused(R"(,"MessageGroupId":"g","MessageDeduplicationId":"1","DelaySeconds":1)"),
                StartsWith("400 InvalidParameterValueException"));
    EXPECT_EQ(refused(R"(,"MessageGroupId":"g","MessageDeduplicationId":"1","DelaySeconds":0)"),
              "200");
}

TEST_F(MessageHandlersTest, ABatchAnswersForEachEntry) {
    create("q", R"({"MaximumMessageSize":"1024"})");
    const std::string sent = call(
        "SendMessageBatch",
        fmt::format(R"({{"QueueUrl":"{}","Entries":[{{"Id":"a","MessageBody":"1"}},)"
                    R"({{"Id":"b","MessageBody":"{}"}},{{"Id":"c","MessageBody":"3"}}]}})",
                    url_of("q"), std::string(2000, 'x')));
    EXPECT_THAT(sent, HasSubstr(R"("Failed":[{"Id":"b","SenderFault":true,)"
                                R"("Code":"InvalidParameterValue")"));
    const auto received = receive("q", kTen);
    ASSERT_THAT(received, SizeIs(2));
    const std::string deleted = call(
        "DeleteMessageBatch",
        fmt::format(R"({{"QueueUrl":"{}","Entries":[{{"Id":"1","ReceiptHandle":"{}"}},)"
                    R"({{"Id":"2","ReceiptHandle":"bad"}}]}})",
                    url_of("q"), received[0].handle));
    EXPECT_THAT(deleted, StartsWith(R"({"Successful":[{"Id":"1"}],"Failed":[{"Id":"2")"));
    EXPECT_THAT(deleted, HasSubstr("ReceiptHandleIsInvalid"));
    EXPECT_THAT(call("ChangeMessageVisibilityBatch",
                     fmt::format(R"({{"QueueUrl":"{}","Entries":[{{"Id":"1","ReceiptHandle":"{}",)"
                                 R"("VisibilityTimeout":0}}]}})",
                                 url_of("q"), received[1].handle)),
                StartsWith(R"({"Successful":[{"Id":"1"}])"));
    EXPECT_THAT(bodies("q"), ElementsAre("3"));
}

TEST_F(MessageHandlersTest, ABatchIsRefusedAsAWhole) {
    create("q");
    const auto refused = [this](std::string_view entries) {
        return refusal("SendMessageBatch",
                       fmt::format(R"({{"QueueUrl":"{}","Entries":[{}]}})", url_of("q"), entries));
    };
    const auto entry = [](std::string_view id, std::string_view body) {
        return fmt::format(R"({{"Id":"{}","MessageBody":"{}"}})", id, body);
    };
    EXPECT_THAT(refused(""), StartsWith("400 EmptyBatchRequest"));
    EXPECT_THAT(refused(entry("a", "1") + "," + entry("a", "2")),
                StartsWith("400 BatchEntryIdsNotDistinct"));
    EXPECT_THAT(refused(entry("a b", "1")), StartsWith("400 InvalidBatchEntryId"));
    std::string eleven = entry("0", "x");
    for (int i = 1; i <= 10; ++i) eleven += "," + entry(fmt::to_string(i), "x");
    EXPECT_EQ(refused(eleven),
              "400 TooManyEntriesInBatchRequest: Maximum number of entries per request are 10. You "
              "have sent 11.");
    const std::string half(500'000, 'x');
    EXPECT_THAT(refused(entry("a", half) + "," + entry("b", half) + "," + entry("c", half)),
                StartsWith("400 BatchRequestTooLong"));
}

TEST_F(MessageHandlersTest, AMessageReceivedTooOftenGoesToTheDeadLetterQueue) {
    create("dead");
    create("q",
           R"({"VisibilityTimeout":"1","RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:)"
           R"(us-east-1:000000000000:dead\",\"maxReceiveCount\":\"2\"}"})");
    send("q", "poison");
    std::string id;
    for (int i = 0; i < 2; ++i) {
        const auto received = receive("q");
        ASSERT_THAT(received, SizeIs(1));
        id = received[0].id;
        world_.run_for(std::chrono::seconds(2));
    }
    EXPECT_THAT(bodies("q"), IsEmpty());
    world_.run_for(std::chrono::seconds(2));
    const auto dead = receive("dead", R"(,"AttributeNames":["All"])");
    ASSERT_THAT(dead, SizeIs(1));
    EXPECT_EQ(dead[0].id, id);
    EXPECT_THAT(dead[0].json, HasSubstr(R"("DeadLetterQueueSourceArn":)"
                                        R"("arn:aws:sqs:us-east-1:000000000000:q")"));
}

TEST_F(MessageHandlersTest, ACrashLosesNoMessage) {
    create("q");
    send("q", "kept");
    const std::string handle = receive("q", R"(,"VisibilityTimeout":600)")[0].handle;
    send("q", "too");
    node_.crash(sim::Crash::power_cut);
    start();
    world_.run_for(std::chrono::minutes(15));
    EXPECT_THAT(bodies("q"), ElementsAre("too"));
    // Leases that were over before the queue was read back end right after.
    world_.run_for(std::chrono::milliseconds(10));
    EXPECT_THAT(bodies("q"), ElementsAre("kept"));
    EXPECT_EQ(settle("DeleteMessage", "q", handle), "200");
}

TEST_F(MessageHandlersTest, CountsByQueue) {
    create("q");
    send("q", "x");
    receive("q");
    receive("q");
    base::MetricsSnapshot snapshot;
    node_.shard(0).run([&] { program().messages->collect(snapshot); });
    const auto value = [&snapshot](std::string_view name) {
        const auto family = snapshot.families().find(name);
        if (family == snapshot.families().end()) return -1.0;
        return std::get<double>(family->second.series.at({{"queue", "q"}}));
    };
    EXPECT_EQ(value("polylog_sqs_sent_total"), 1);
    EXPECT_EQ(value("polylog_sqs_received_total"), 1);
    EXPECT_EQ(value("polylog_sqs_empty_receives_total"), 1);
    EXPECT_EQ(value("polylog_sqs_deleted_total"), 0);
}

}  // namespace
}  // namespace polylog::aws
