#include "protocol/aws/dispatcher.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/sim/run_task.h"
#include "protocol/aws/messages/sns_subscriptions.h"
#include "protocol/aws/messages/sqs_messages.h"
#include "protocol/aws/messages/sqs_queues.h"
#include "protocol/aws/request_text.h"

namespace polylog::aws {
namespace {

using base::operator""s;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

class DispatcherTest : public ::testing::Test {
protected:
    DispatcherTest() : world_(1), node_(world_.add_node()) {
        node_.boot([](sim::Node&) { return std::make_shared<int>(); });
        dispatcher_.on<sqs::GetQueueUrl>([](Context& context, sqs::GetQueueUrl::Input input) {
            return get_queue_url(context, std::move(input));
        });
        dispatcher_.on<sqs::PurgeQueue>(
            [](Context&, sqs::PurgeQueue::Input) -> io::Task<Answer<Nothing>> {
                return io::ready<Answer<Nothing>>(refuse(FaultKind::queue_does_not_exist));
            });
        dispatcher_.on<sqs::DeleteQueue>(
            [](Context&, sqs::DeleteQueue::Input) -> io::Task<Answer<Nothing>> {
                return io::ready<Answer<Nothing>>(Nothing());
            });
    }
    static io::Task<Answer<sqs::GetQueueUrl::Output>> get_queue_url(Context& context,
                                                                    sqs::GetQueueUrl::Input input) {
        co_return sqs::GetQueueUrl::Output{
            fmt::format("{}/{}/{}", context.origin, context.identity.account, input.queue_name)};
    }
    http::Response answer(http::Request request) {
        return sim::run_task(node_, dispatcher_.handle(std::move(request)), 10s)
            .value_or(http::Response{.status = 0});
    }
    http::Response answer_json(std::string_view operation, std::string_view body,
                               std::string_view headers = "") {
        return answer(request_of(fmt::format("POST / HTTP/1.1\r\nX-Amz-Target: AmazonSQS.{}\r\n{}",
                                             operation, headers),
                                 body));
    }

    sim::World world_;
    sim::Node& node_;
    Authentication authentication_{Realm{}};
    Dispatcher dispatcher_{authentication_, {}};
};

TEST_F(DispatcherTest, AnswersJsonWithJson) {
    const http::Response response = answer_json("GetQueueUrl", R"({"QueueName":"q"})");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"QueueUrl":"http://localhost:9324/000000000000/q"})");
    EXPECT_THAT(response.headers, Contains(Pair("Content-Type", "application/x-amz-json-1.0")));
}

TEST_F(DispatcherTest, AnswersQueriesWithXmlOrJson) {
    const http::Response xml = answer(
        request_of("GET /?Action=GetQueueUrl&QueueName=q HTTP/1.1\r\n"));
    EXPECT_THAT(xml.body, HasSubstr("<GetQueueUrlResult><QueueUrl>http://localhost:9324/"
                                    "000000000000/q</QueueUrl></GetQueueUrlResult>"));
    const http::Response json = answer(request_of(
        "GET /?Action=GetQueueUrl&QueueName=q HTTP/1.1\r\nAccept: application/json\r\n"));
    EXPECT_THAT(json.body, HasSubstr(R"({"GetQueueUrlResponse":{"GetQueueUrlResult")"));
}

TEST_F(DispatcherTest, AnswersNothingWhereThereIsNothingToSay) {
    const http::Response response = answer_json("DeleteQueue", R"({"QueueUrl":"u"})");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "");
}

TEST_F(DispatcherTest, SaysWhyInTheFormOfTheRequest) {
    EXPECT_THAT(answer_json("PurgeQueue", R"({"QueueUrl":"u"})").body,
                HasSubstr("com.amazonaws.sqs#QueueDoesNotExist"));
    EXPECT_THAT(answer_json("PurgeQueue", "{}").body, HasSubstr("MissingRequiredParameter"));
    EXPECT_THAT(answer_json("PurgeQueue", "{").body, HasSubstr("SerializationException"));
    EXPECT_THAT(answer(request_of("GET /000000000000/q?Action=PurgeQueue HTTP/1.1\r\n")).body,
                HasSubstr("for this wsdl version"));
    EXPECT_EQ(answer(request_of("GET / HTTP/1.1\r\n")).status, 404);
}

TEST_F(DispatcherTest, RefusesOperationsWithoutAHandler) {
    EXPECT_THAT(answer_json("ListQueues", "{}").body, HasSubstr("UnsupportedOperation"));
    EXPECT_EQ(answer(request_of("GET /?Action=OptInPhoneNumber HTTP/1.1\r\n")).status, 501);
}

TEST_F(DispatcherTest, TakesAnAccessKeyOfTwelveDigitsForAnAccount) {
    const std::string_view header =
        "Authorization: AWS4-HMAC-SHA256 Credential=111122223333/20150830/eu-west-1/sqs/"
        "aws4_request, SignedHeaders=host, Signature=0\r\n";
    EXPECT_THAT(answer_json("GetQueueUrl", R"({"QueueName":"q"})", header).body,
                HasSubstr("/111122223333/q"));
}

TEST_F(DispatcherTest, GivesEachRequestAnIdOfItsOwn) {
    const auto id = [this] { return answer_json("DeleteQueue", "{}").headers.at(0).second; };
    const std::string first = id();
    EXPECT_EQ(first.size(), 36);
    EXPECT_NE(first, id());
}

TEST_F(DispatcherTest, BelievesAProxyOnlyWhenToldTo) {
    const auto url = [this](Dispatcher::Settings settings) {
        Dispatcher dispatcher(authentication_, std::move(settings));
        dispatcher.on<sqs::GetQueueUrl>([](Context& context, sqs::GetQueueUrl::Input input) {
            return get_queue_url(context, std::move(input));
        });
        http::Request request = request_of(
            "GET /?Action=GetQueueUrl&QueueName=q HTTP/1.1\r\nAccept: application/json\r\n"
            "X-Forwarded-Host: queues.example\r\nX-Forwarded-Proto: https\r\n");
        return sim::run_task(node_, dispatcher.handle(std::move(request)), 10s)
            .value_or(http::Response())
            .body;
    };
    EXPECT_THAT(url({}), HasSubstr("http://localhost:9324/000000000000/q"));
    EXPECT_THAT(url({.trust_forwarded = true}), HasSubstr("https://queues.example/000000000000/q"));
    EXPECT_THAT(url({.origin = "http://own:1", .trust_forwarded = true}),
                HasSubstr("http://own:1/000000000000/q"));
}

TEST_F(DispatcherTest, AsksForSignaturesWhenTheyAreVerified) {
    Authentication strict(Realm{}, [](std::string_view) { return std::optional<base::Secret>(); });
    Dispatcher dispatcher(strict, {});
    dispatcher.on<sns::Unsubscribe>(
        [](Context&, sns::Unsubscribe::Input) -> io::Task<Answer<Nothing>> {
            return io::ready<Answer<Nothing>>(Nothing());
        });
    const auto status = [&](std::string_view target) {
        auto task = dispatcher.handle(request_of(fmt::format("GET {} HTTP/1.1\r\n", target)));
        return sim::run_task(node_, std::move(task), 10s).value_or(http::Response()).status;
    };
    EXPECT_EQ(status("/?Action=ListQueues"), 403);
    EXPECT_EQ(status("/?Action=Unsubscribe&SubscriptionArn=a"), 200);
}

}  // namespace
}  // namespace polylog::aws
