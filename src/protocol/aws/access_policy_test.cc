#include "protocol/aws/access_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polylog::aws {
namespace {

constexpr std::string_view kQueue = "arn:aws:sqs:us-east-1:000000000000:q";

Answer<std::string> add(std::string_view policy, const Permission& permission) {
    return add_permission(policy, Service::sqs, kQueue, permission);
}

TEST(AccessPolicy, BeginsWithTheFirstPermission) {
    EXPECT_EQ(add("", {"share", {"111122223333"}, {"SendMessage"}}),
              R"({"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-1:000000000000:q)"
              R"(/SQSDefaultPolicy","Statement":[{"Sid":"share","Effect":"Allow",)"
              R"("Principal":{"AWS":"arn:aws:iam::111122223333:root"},)"
              R"("Action":"SQS:SendMessage",)"
              R"("Resource":"arn:aws:sqs:us-east-1:000000000000:q"}]})");
}

TEST(AccessPolicy, KeepsWhatItsOwnerWrote) {
    const auto policy = add(R"({"Version":"2012-10-17","Statement":{"Sid":"own","Effect":"Deny"}})",
                            {"share", {"111122223333", "*"}, {"SendMessage", "GetQueueUrl"}});
    ASSERT_TRUE(policy);
    EXPECT_THAT(*policy, testing::HasSubstr(R"("Version":"2012-10-17")"));
    EXPECT_THAT(*policy, testing::HasSubstr(R"([{"Sid":"own","Effect":"Deny"},{"Sid":"share")"));
    EXPECT_THAT(*policy, testing::HasSubstr(
                             R"("Principal":{"AWS":["arn:aws:iam::111122223333:root","*"]})"));
    EXPECT_THAT(*policy, testing::HasSubstr(R"("Action":["SQS:SendMessage","SQS:GetQueueUrl"])"));
}

TEST(AccessPolicy, RefusesWhatIsThereOrDoesNotExistOrIsTooMuch) {
    const std::string policy = *add("", {"share", {"1"}, {"SendMessage"}});
    EXPECT_EQ(add(policy, {"share", {"1"}, {"SendMessage"}}).error(),
              Fault(FaultKind::invalid_parameter_value,
                    "Value share for parameter Label is invalid. Reason: Already exists."));
    EXPECT_EQ(add("", {"a", {"1"}, {"Nonsense"}}).error().kind, FaultKind::invalid_parameter_value);
    EXPECT_EQ(add("", {"a b", {"1"}, {"SendMessage"}}).error().kind,
              FaultKind::invalid_parameter_value);
    EXPECT_EQ(add("", {"a", {"1"}, std::vector<std::string>(8, "SendMessage")}).error(),
              Fault(FaultKind::over_limit, "8 Actions were found, maximum allowed is 7."));
    EXPECT_EQ(add("", {"a", {"1"}, {}}).error().kind, FaultKind::missing_parameter);
    EXPECT_EQ(add("", {"a", {}, {"SendMessage"}}).error().kind, FaultKind::missing_parameter);
}

TEST(AccessPolicy, IsGoneWithItsLastPermission) {
    const std::string one = *add("", {"a", {"1"}, {"SendMessage"}});
    const std::string two = *add(one, {"b", {"1"}, {"SendMessage"}});
    EXPECT_EQ(remove_permission(two, "b"), one);
    EXPECT_EQ(remove_permission(one, "a"), "");
    EXPECT_EQ(remove_permission(one, "b").error(),
              Fault(FaultKind::invalid_parameter_value,
                    "Value b for parameter Label is invalid. Reason: can't find label."));
    EXPECT_FALSE(remove_permission("no json", "a"));
}

TEST(AccessPolicy, OfATopicAllowsItsOwnerEightActions) {
    const std::string policy = default_topic_policy("t", "000000000000");
    EXPECT_THAT(policy, testing::HasSubstr(R"("SNS:ListSubscriptionsByTopic","SNS:Publish"])"));
    EXPECT_THAT(policy, testing::HasSubstr(
                            R"("Condition":{"StringEquals":{"AWS:SourceOwner":"000000000000"}})"));
}

}  // namespace
}  // namespace polylog::aws
