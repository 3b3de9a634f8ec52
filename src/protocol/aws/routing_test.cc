#include "protocol/aws/routing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "protocol/aws/request_text.h"

namespace polylog::aws {
namespace {

constexpr std::string_view
    kForm = "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n";

Route get(std::string_view target, std::string_view headers = "") {
    return find_route(request_of(fmt::format("GET {} HTTP/1.1\r\n{}", target, headers)));
}
Route post(std::string_view path, std::string_view form, std::string_view headers = "") {
    return find_route(
        request_of(fmt::format("POST {} HTTP/1.1\r\n{}{}", path, kForm, headers), form));
}
Route post_json(std::string_view path, std::string_view target) {
    return find_route(
        request_of(fmt::format("POST {} HTTP/1.1\r\nContent-Type: application/x-amz-json-1.0\r\n{}",
                               path,
                               target.empty() ? "" : fmt::format("X-Amz-Target: {}\r\n", target)),
                   "{}"));
}
// Which service and operation, or the kind of refusal.
std::string name_of(const Route& route) {
    if (route.refused) return fmt::format("refused {}", static_cast<int>(route.refused->kind));
    return fmt::format("{} {}", to_string(route.operation->service), route.operation->name);
}
std::string refused(FaultKind kind) {
    return fmt::format("refused {}", static_cast<int>(kind));
}

TEST(Routing, FindsJsonOperationsByTheirTargetOnAnyPath) {
    const Route route = post_json("/", "AmazonSQS.SendMessage");
    EXPECT_EQ(name_of(route), "sqs SendMessage");
    EXPECT_EQ(route.form, AnswerForm::json);
    EXPECT_EQ(route.queue_url, "");
    EXPECT_EQ(post_json("/000000000000/q", "AmazonSQS.SendMessage").queue_url,
              "http://localhost:9324/000000000000/q");
    EXPECT_EQ(name_of(post_json("/000000000000/q", "AmazonSQS.ListQueues")), "sqs ListQueues");
}

TEST(Routing, RefusesJsonOperationsThatItDoesNotKnow) {
    const std::string unknown = refused(FaultKind::unknown_operation);
    for (const std::string_view target :
         {"AmazonSQS.Nonsense", "AmazonSQS", "Other.SendMessage", ""}) {
        const Route route = post_json("/", target);
        EXPECT_EQ(name_of(route), unknown) << target;
        EXPECT_EQ(route.form, AnswerForm::json);
    }
    EXPECT_EQ(name_of(get("/", "X-Amz-Target: AmazonSQS.SendMessage\r\n")), unknown);
}

TEST(Routing, FindsQueryOperationsByTheirAction) {
    const Route route = post("/", "Action=ListQueues&Version=2012-11-05");
    EXPECT_EQ(name_of(route), "sqs ListQueues");
    EXPECT_EQ(route.form, AnswerForm::xml);
    EXPECT_EQ(name_of(get("/?Action=ListQueues")), "sqs ListQueues");
    EXPECT_EQ(name_of(post("/?Action=ListQueues", "")), "sqs ListQueues");
    EXPECT_EQ(name_of(post("/", "Action=Publish&Version=2010-03-31")), "sns Publish");
}

TEST(Routing, TakesTheQueueFromThePath) {
    const Route route = get("/000000000000/q?Action=ReceiveMessage&MaxNumberOfMessages=2");
    EXPECT_EQ(name_of(route), "sqs ReceiveMessage");
    EXPECT_EQ(route.queue_url, "http://localhost:9324/000000000000/q");
    EXPECT_EQ(route.parameters.find("MaxNumberOfMessages"), "2");
    EXPECT_EQ(get("/other/q?Action=ReceiveMessage").queue_url, "");
}

TEST(Routing, RefusesActionsThatAQueueDoesNotHave) {
    for (const std::string_view action : {"ListQueues", "CreateQueue", "Nonsense"}) {
        const Route route = get(fmt::format("/000000000000/q?Action={}", action));
        ASSERT_TRUE(route.refused);
        EXPECT_EQ(*route.refused,
                  Fault(FaultKind::invalid_action,
                        fmt::format("The action {} is not valid for this endpoint.", action)));
    }
    EXPECT_EQ(name_of(post("/", "Action=Nonsense")), refused(FaultKind::invalid_action));
}

TEST(Routing, RefusesRequestsWithoutAnAction) {
    const std::string unknown = refused(FaultKind::unknown_operation);
    EXPECT_EQ(name_of(get("/000000000000/q")), unknown);
    EXPECT_EQ(name_of(get("/")), unknown);
    EXPECT_EQ(name_of(post("/", "Version=2012-11-05")), unknown);
    EXPECT_EQ(name_of(find_route(request_of("PUT /?Action=ListQueues HTTP/1.1\r\n"))), unknown);
    EXPECT_EQ(get("/", "Accept: application/json\r\n").form, AnswerForm::xml);
}

TEST(Routing, TellsTheServicesApart) {
    const auto scoped = [](std::string_view service) {
        return fmt::format(
            "Authorization: AWS4-HMAC-SHA256 Credential=a/20150830/r/{}/aws4_request, "
            "SignedHeaders=host, Signature=0\r\n",
            service);
    };
    EXPECT_EQ(name_of(post("/", "Action=AddPermission", scoped("sns"))), "sns AddPermission");
    EXPECT_EQ(name_of(post("/", "Action=AddPermission", scoped("sqs"))), "sqs AddPermission");
    EXPECT_EQ(name_of(post("/", "Action=AddPermission&Version=2010-03-31", scoped("sqs"))),
              "sns AddPermission");
    EXPECT_EQ(name_of(post("/", "Action=AddPermission&TopicArn=t")), "sns AddPermission");
    EXPECT_EQ(name_of(post("/", "Action=AddPermission&QueueUrl=q")), "sqs AddPermission");
    EXPECT_EQ(name_of(post("/", "Action=ListTopics")), "sns ListTopics");
    EXPECT_EQ(name_of(get("/?Action=ConfirmSubscription&TopicArn=t&Token=x")),
              "sns ConfirmSubscription");
}

TEST(Routing, RefusesByNameWhatIsAboutPhonesAndApps) {
    const Route route = post("/", "Action=SetSMSAttributes&Version=2010-03-31");
    EXPECT_EQ(name_of(route), refused(FaultKind::not_implemented));
    EXPECT_EQ(route.service, Service::sns);
}

TEST(Routing, AnswersQueriesInJsonToThoseWhoAcceptIt) {
    EXPECT_EQ(get("/?Action=ListQueues", "Accept: application/json\r\n").form,
              AnswerForm::query_json);
    EXPECT_EQ(get("/?Action=ListQueues", "Accept: */*\r\n").form, AnswerForm::xml);
}

}  // namespace
}  // namespace polylog::aws
