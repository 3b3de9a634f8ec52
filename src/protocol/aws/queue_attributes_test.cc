#include "protocol/aws/queue_attributes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polylog::aws {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Attributes = StringMap<std::string>;

constexpr std::string_view kTarget = "arn:aws:sqs:us-east-1:000000000000:dead";

model::QueueSettings created(const Attributes& attributes, std::string_view name = "q") {
    const auto settings = settings_of_new_queue(name, attributes);
    EXPECT_TRUE(settings) << (settings ? "" : settings.error().message);
    return settings.value_or(model::QueueSettings());
}

Fault create_fault(const Attributes& attributes, std::string_view name = "q") {
    const auto settings = settings_of_new_queue(name, attributes);
    return settings ? Fault(FaultKind::internal_failure, "no fault") : settings.error();
}

Fault change_fault(const model::QueueSettings& settings, const Attributes& attributes) {
    const auto changed = changed_settings(settings, attributes);
    return changed ? Fault(FaultKind::internal_failure, "no fault") : changed.error();
}

Attributes all_of(const model::QueueSettings& settings) {
    return *queue_attributes(settings, {}, {"All"});
}

TEST(QueueAttributes, OfAStandardQueueThatSetsNothingAreTwelve) {
    const QueueFacts facts{.messages_ready = 1,
                           .messages_leased = 2,
                           .messages_delayed = 3,
                           .created_at = base::from_unix_ms(4999),
                           .modified_at = base::from_unix_ms(5000),
                           .arn = "a"};
    EXPECT_THAT(*queue_attributes(created({}), facts, {"All"}),
                ElementsAre(Pair("ApproximateNumberOfMessages", "1"),
                            Pair("ApproximateNumberOfMessagesDelayed", "3"),
                            Pair("ApproximateNumberOfMessagesNotVisible", "2"),
                            Pair("CreatedTimestamp", "4"), Pair("DelaySeconds", "0"),
                            Pair("LastModifiedTimestamp", "5"),
                            Pair("MaximumMessageSize", "1048576"),
                            Pair("MessageRetentionPeriod", "345600"), Pair("QueueArn", "a"),
                            Pair("ReceiveMessageWaitTimeSeconds", "0"),
                            Pair("SqsManagedSseEnabled", "true"), Pair("VisibilityTimeout", "30")));
}

TEST(QueueAttributes, OfAnOrderedQueueAreFourMore) {
    const Attributes all = all_of(created({{"FifoQueue", "True"}}, "q.fifo"));
    EXPECT_EQ(all.size(), 16);
    EXPECT_EQ(all.at("FifoQueue"), "true");
    EXPECT_EQ(all.at("ContentBasedDeduplication"), "false");
    EXPECT_EQ(all.at("DeduplicationScope"), "queue");
    EXPECT_EQ(all.at("FifoThroughputLimit"), "perQueue");
}

TEST(QueueAttributes, ThatAreSetReadBackAsTheyWere) {
    const Attributes given = {
        {"ContentBasedDeduplication", "true"},
        {"DeduplicationScope", "messageGroup"},
        {"DelaySeconds", "900"},
        {"FifoQueue", "true"},
        {"FifoThroughputLimit", "perMessageGroupId"},
        {"KmsDataKeyReusePeriodSeconds", "86400"},
        {"KmsMasterKeyId", "alias/aws/sqs"},
        {"MaximumMessageSize", "262144"},
        {"MessageRetentionPeriod", "1209600"},
        {"Policy", R"({"Version":  "2012-10-17"})"},
        {"PolylogMaxDepth", "1000000"},
        {"ReceiveMessageWaitTimeSeconds", "20"},
        {"RedriveAllowPolicy", R"({"redrivePermission": "denyAll"})"},
        {"RedrivePolicy", R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:d.fifo",)"
                          R"("maxReceiveCount":"5"})"},
        {"SqsManagedSseEnabled", "false"},
        {"VisibilityTimeout", "43200"},
    };
    const Attributes all = all_of(created(given, "q.fifo"));
    for (const auto& [name, text] : given) EXPECT_EQ(all.at(name), text) << name;
    EXPECT_EQ(all.size(), given.size() + 6);
}

TEST(QueueAttributes, BecomeSettings) {
    const auto settings = created({{"VisibilityTimeout", "12"},
                                   {"RedrivePolicy", fmt::format(R"({{"maxReceiveCount": 3,
                                     "deadLetterTargetArn": "{}"}})",
                                                                 kTarget)}});
    EXPECT_EQ(settings.lease_time, std::chrono::seconds(12));
    ASSERT_TRUE(settings.dead_letter);
    EXPECT_EQ(settings.dead_letter->queue, "dead");
    EXPECT_EQ(settings.dead_letter->leases_max, 3);
    EXPECT_FALSE(settings.ordered);
}

TEST(QueueAttributes, OutsideTheirRangesAreRefused) {
    const Attributes bad[] = {
        {{"DelaySeconds", "901"}},
        {{"DelaySeconds", "-1"}},
        {{"DelaySeconds", ""}},
        {{"DelaySeconds", "1.5"}},
        {{"MaximumMessageSize", "1023"}},
        {{"MaximumMessageSize", "1048577"}},
        {{"MessageRetentionPeriod", "59"}},
        {{"MessageRetentionPeriod", "1209601"}},
        {{"ReceiveMessageWaitTimeSeconds", "21"}},
        {{"VisibilityTimeout", "43201"}},
        {{"KmsDataKeyReusePeriodSeconds", "59"}},
        {{"KmsDataKeyReusePeriodSeconds", "86401"}},
        {{"SqsManagedSseEnabled", "yes"}},
        {{"Policy", "no json"}},
        {{"PolylogMaxDepth", "-1"}},
    };
    for (const Attributes& attributes : bad) {
        const auto& name = attributes.begin()->first;
        EXPECT_EQ(create_fault(attributes),
                  Fault(FaultKind::invalid_attribute_value,
                        fmt::format("Invalid value for the parameter {}.", name)));
    }
}

TEST(QueueAttributes, ThatAQueueDoesNotHaveAreUnknown) {
    const auto unknown = [](std::string_view name) {
        return Fault(FaultKind::invalid_attribute_name, fmt::format("Unknown Attribute {}.", name));
    };
    EXPECT_EQ(create_fault({{"Nonsense", "1"}}), unknown("Nonsense"));
    EXPECT_EQ(create_fault({{"QueueArn", "a"}}), unknown("QueueArn"));
    EXPECT_EQ(create_fault({{"FifoQueue", "false"}}), unknown("FifoQueue"));
    EXPECT_EQ(create_fault({{"ContentBasedDeduplication", "true"}}),
              unknown("ContentBasedDeduplication"));
    EXPECT_EQ(create_fault({{"DeduplicationScope", "queue"}}).message,
              "You can specify the DeduplicationScope only when FifoQueue is set to true.");
    EXPECT_EQ(change_fault(created({}), {{"FifoQueue", "true"}}), unknown("FifoQueue"));
    EXPECT_EQ(queue_attributes(created({}), {}, {"Nonsense"}).error(), unknown("Nonsense"));
}

TEST(QueueAttributes, DecideTheKindOfAQueueOnlyWhenItIsCreated) {
    const auto ordered = created({{"FifoQueue", "true"}}, "q.fifo");
    EXPECT_EQ(change_fault(ordered, {{"FifoQueue", "true"}}).message, "no fault");
    EXPECT_EQ(change_fault(ordered, {{"FifoQueue", "false"}}),
              Fault(FaultKind::invalid_attribute_value,
                    "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is "
                    "not supported."));
}

TEST(QueueAttributes, AreRemovedByAnEmptyText) {
    const auto with_policies = created(
        {{"Policy", "{}"},
         {"RedriveAllowPolicy", R"({"redrivePermission":"allowAll"})"},
         {"RedrivePolicy",
          fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":1}})", kTarget)}});
    const auto without = changed_settings(with_policies, {{"Policy", ""},
                                                          {"RedriveAllowPolicy", ""},
                                                          {"RedrivePolicy", ""}});
    EXPECT_EQ(without, created({}));
}

TEST(QueueAttributes, HaveOneKindOfEncryptionAtATime) {
    const auto with_key = created({{"KmsMasterKeyId", "k"}});
    EXPECT_EQ(all_of(with_key).at("SqsManagedSseEnabled"), "false");
    const auto cleared = changed_settings(with_key, {{"KmsMasterKeyId", ""}});
    EXPECT_EQ(all_of(*cleared).at("SqsManagedSseEnabled"), "false");
    EXPECT_FALSE(all_of(*cleared).contains("KmsMasterKeyId"));
    EXPECT_EQ(create_fault({{"KmsMasterKeyId", "k"}, {"SqsManagedSseEnabled", "true"}}).kind,
              FaultKind::invalid_attribute_name);
    EXPECT_FALSE(all_of(created({{"KmsDataKeyReusePeriodSeconds", "300"}}))
                     .contains("KmsDataKeyReusePeriodSeconds"));
}

TEST(QueueAttributes, RefuseThroughputPerGroupWhereDeduplicationIsPerQueue) {
    EXPECT_EQ(create_fault({{"FifoQueue", "true"}, {"FifoThroughputLimit", "perMessageGroupId"}},
                           "q.fifo")
                  .kind,
              FaultKind::invalid_attribute_value);
}

TEST(QueueAttributes, AskedForByNameLeaveOutWhatIsNotSet) {
    EXPECT_THAT(*queue_attributes(created({}), {.arn = "a"}, {"QueueArn", "Policy", "FifoQueue"}),
                ElementsAre(Pair("QueueArn", "a")));
    EXPECT_TRUE(queue_attributes(created({}), {}, {})->empty());
}

TEST(QueueAttributes, OfAQueueCreatedAgainMustBeThoseItHas) {
    const auto queue = created({{"DelaySeconds", "5"}});
    EXPECT_TRUE(check_created_again(queue, {}));
    EXPECT_TRUE(check_created_again(queue, {{"DelaySeconds", "5"}, {"VisibilityTimeout", "30"}}));
    EXPECT_EQ(check_created_again(queue, {{"DelaySeconds", "0"}}).error(),
              Fault(FaultKind::queue_name_exists,
                    "A queue already exists with the same name and a different value for attribute "
                    "DelaySeconds"));
}

TEST(QueueName, HasLettersDigitsHyphensAndUnderscores) {
    EXPECT_TRUE(check_queue_name("a-B_9", false));
    EXPECT_TRUE(check_queue_name(std::string(80, 'a'), false));
    EXPECT_TRUE(check_queue_name(std::string(75, 'a') + ".fifo", true));
    for (const std::string& name :
         {std::string(), std::string("a.b"), std::string("a b"), std::string("a/b"),
          std::string("a.fifo"), std::string(81, 'a')}) {
        EXPECT_EQ(check_queue_name(name, false).error(),
                  Fault(FaultKind::invalid_parameter_value,
                        "Can only include alphanumeric characters, hyphens, or underscores. 1 to "
                        "80 in length"));
    }
    EXPECT_FALSE(check_queue_name("a", true));
    EXPECT_FALSE(check_queue_name(".fifo", true));
    EXPECT_FALSE(check_queue_name(std::string(76, 'a') + ".fifo", true));
}

TEST(RedrivePolicy, SaysWhatIsWrongWithIt) {
    const auto reason = [](std::string_view policy) {
        const Fault fault = create_fault({{"RedrivePolicy", std::string(policy)}});
        EXPECT_EQ(fault.kind, FaultKind::invalid_parameter_value);
        const std::string head = fmt::format(
            "Value {} for parameter RedrivePolicy is invalid. Reason: ", policy);
        EXPECT_TRUE(fault.message.starts_with(head)) << fault.message;
        return fault.message.substr(std::min(head.size(), fault.message.size()));
    };
    EXPECT_EQ(reason("{"), "Redrive policy is not a valid JSON map.");
    EXPECT_EQ(reason("[]"), "Redrive policy is not a valid JSON map.");
    EXPECT_EQ(reason("{}"),
              "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
    EXPECT_EQ(reason(fmt::format(R"({{"deadLetterTargetArn":"{}"}})", kTarget)),
              "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
    EXPECT_EQ(reason(R"({"deadLetterTargetArn":"dead","maxReceiveCount":1})"),
              "Invalid value for deadLetterTargetArn.");
    for (const std::string_view count : {"0", "1001", "\"x\"", "1.5", "-1"}) {
        EXPECT_TRUE(reason(fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":{}}})",
                                       kTarget, count))
                        .starts_with("Invalid value for maxReceiveCount: "))
            << count;
    }
}

TEST(RedriveAllowPolicy, ListsQueuesOnlyByQueue) {
    const auto allowed = [](std::string_view policy) {
        return settings_of_new_queue("q", {{"RedriveAllowPolicy", std::string(policy)}});
    };
    const auto by_queue = allowed(
        R"({"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:r:1:a"]})");
    ASSERT_TRUE(by_queue);
    EXPECT_THAT(by_queue->dead_letter_sources->queues, ElementsAre("a"));
    EXPECT_FALSE(allowed(R"({"redrivePermission":"byQueue"})"));
    EXPECT_FALSE(allowed(R"({"redrivePermission":"byQueue","sourceQueueArns":{"a":1}})"));
    EXPECT_FALSE(allowed(R"({"redrivePermission":"byQueue","sourceQueueArns":["a"]})"));
    EXPECT_FALSE(allowed(R"({"redrivePermission":"denyAll","sourceQueueArns":[]})"));
    EXPECT_FALSE(allowed(R"({"redrivePermission":"some"})"));
    EXPECT_FALSE(allowed("7"));
}

TEST(DeadLetterQueue, DecidesWhoseDeadLettersItTakes) {
    const auto source = created(
        {{"RedrivePolicy",
          fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":1}})", kTarget)}});
    model::QueueSettings target;
    EXPECT_TRUE(check_dead_letter_queue(source, "a", target));
    target = created(
        {{"RedriveAllowPolicy",
          R"({"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:r:1:a"]})"}});
    EXPECT_TRUE(check_dead_letter_queue(source, "a", target));
    EXPECT_FALSE(check_dead_letter_queue(source, "b", target));
    target = created({{"RedriveAllowPolicy", R"({"redrivePermission":"denyAll"})"}});
    EXPECT_FALSE(check_dead_letter_queue(source, "a", target));
    target = created({{"FifoQueue", "true"}}, "d.fifo");
    EXPECT_EQ(check_dead_letter_queue(source, "a", target).error().kind,
              FaultKind::invalid_parameter_value);
}

}  // namespace
}  // namespace polylog::aws
