#include "protocol/aws/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polylog::aws {
namespace {

using ::testing::Contains;
using ::testing::Not;
using ::testing::Pair;

// What each kind of fault is in SQS: shape, code in the Query protocol, status.
struct Expected {
    FaultKind kind;
    std::string_view shape, code;
    int status;
};

TEST(Faults, OfSqsHaveItsShapesCodesAndStatuses) {
    constexpr std::string_view kPrefix = "AWS.SimpleQueueService.";
    const auto code = [](const Expected& row) {
        return std::string(form_of(row.kind, Service::sqs).code);
    };
    for (const Expected& row : {
             Expected{FaultKind::queue_does_not_exist, "QueueDoesNotExist", "NonExistentQueue",
                      400},
             Expected{FaultKind::batch_entry_ids_not_distinct, "BatchEntryIdsNotDistinct",
                      "BatchEntryIdsNotDistinct", 400},
             Expected{FaultKind::batch_request_too_long, "BatchRequestTooLong",
                      "BatchRequestTooLong", 400},
             Expected{FaultKind::empty_batch_request, "EmptyBatchRequest", "EmptyBatchRequest",
                      400},
             Expected{FaultKind::invalid_batch_entry_id, "InvalidBatchEntryId",
                      "InvalidBatchEntryId", 400},
             Expected{FaultKind::message_not_inflight, "MessageNotInflight", "MessageNotInflight",
                      400},
             Expected{FaultKind::queue_deleted_recently, "QueueDeletedRecently",
                      "QueueDeletedRecently", 400},
             Expected{FaultKind::too_many_entries_in_batch_request, "TooManyEntriesInBatchRequest",
                      "TooManyEntriesInBatchRequest", 400},
             Expected{FaultKind::unsupported_operation, "UnsupportedOperation",
                      "UnsupportedOperation", 400},
             Expected{FaultKind::purge_queue_in_progress, "PurgeQueueInProgress",
                      "PurgeQueueInProgress", 403},
         }) {
        const FaultForm& form = form_of(row.kind, Service::sqs);
        EXPECT_EQ(form.shape, "com.amazonaws.sqs#" + std::string(row.shape));
        EXPECT_EQ(code(row), std::string(kPrefix) + std::string(row.code));
        EXPECT_EQ(form.status, row.status);
        EXPECT_TRUE(form.sender);
    }
    for (const Expected& row : {
             Expected{FaultKind::queue_name_exists, "", "QueueAlreadyExists", 400},
             Expected{FaultKind::invalid_parameter_value, "", "InvalidParameterValue", 400},
             Expected{FaultKind::missing_parameter, "", "MissingParameter", 400},
             Expected{FaultKind::access_denied, "", "AccessDenied", 403},
             Expected{FaultKind::over_limit, "", "OverLimit", 403},
             Expected{FaultKind::resource_not_found, "", "ResourceNotFoundException", 404},
             Expected{FaultKind::invalid_attribute_name, "", "InvalidAttributeName", 400},
             Expected{FaultKind::invalid_attribute_value, "", "InvalidAttributeValue", 400},
             Expected{FaultKind::invalid_message_contents, "", "InvalidMessageContents", 400},
             Expected{FaultKind::receipt_handle_is_invalid, "", "ReceiptHandleIsInvalid", 400},
             Expected{FaultKind::invalid_address, "", "InvalidAddress", 400},
             Expected{FaultKind::throttled, "", "RequestThrottled", 400},
             Expected{FaultKind::invalid_client_token_id, "", "InvalidClientTokenId", 403},
             Expected{FaultKind::signature_does_not_match, "", "SignatureDoesNotMatch", 403},
             Expected{FaultKind::incomplete_signature, "", "IncompleteSignature", 400},
         }) {
        EXPECT_EQ(code(row), row.code);
        EXPECT_EQ(form_of(row.kind, Service::sqs).status, row.status) << row.code;
    }
}

TEST(Faults, OfSnsHaveItsCodesAndStatuses) {
    for (const Expected& row : {
             Expected{FaultKind::invalid_parameter_value, "", "InvalidParameter", 400},
             Expected{FaultKind::not_found, "", "NotFound", 404},
             Expected{FaultKind::access_denied, "", "AuthorizationError", 403},
             Expected{FaultKind::subscription_limit_exceeded, "", "SubscriptionLimitExceeded", 403},
             Expected{FaultKind::filter_policy_limit_exceeded, "", "FilterPolicyLimitExceeded",
                      403},
             Expected{FaultKind::topic_limit_exceeded, "", "TopicLimitExceeded", 403},
             Expected{FaultKind::resource_not_found, "", "ResourceNotFound", 404},
             Expected{FaultKind::throttled, "", "Throttled", 429},
             Expected{FaultKind::not_implemented, "", "NotImplemented", 501},
             Expected{FaultKind::queue_does_not_exist, "", "NotFound", 404},
             Expected{FaultKind::validation_error, "", "ValidationError", 400},
             Expected{FaultKind::too_many_entries_in_batch_request, "",
                      "TooManyEntriesInBatchRequest", 400},
         }) {
        EXPECT_EQ(form_of(row.kind, Service::sns).code, row.code);
        EXPECT_EQ(form_of(row.kind, Service::sns).status, row.status) << row.code;
    }
}

TEST(Faults, OfAnyKindHaveAFormInBothServices) {
    for (size_t i = 0; i < kFaultKinds; ++i) {
        for (const Service service : {Service::sqs, Service::sns}) {
            const FaultForm& form = form_of(static_cast<FaultKind>(i), service);
            EXPECT_FALSE(form.code.empty()) << i;
            EXPECT_GE(form.status, 400) << i;
            EXPECT_EQ(form.sender, form.status != 500 && form.status != 503) << i;
        }
    }
}

TEST(Faults, FromBelowBecomeThoseOfTheService) {
    EXPECT_EQ(Fault(base::Error(base::ErrorCode::throttled)).kind, FaultKind::throttled);
    EXPECT_EQ(Fault(base::Error(base::ErrorCode::disk_full, "/secret/path")),
              Fault(FaultKind::service_unavailable));
    EXPECT_EQ(Fault(base::Error(base::ErrorCode::invalid_request, "why")),
              Fault(FaultKind::invalid_parameter_value, "why"));
}

TEST(Answers, InJsonSayTheShapeAndTheCodeOfTheQueryProtocol) {
    const http::Response answer = refused(FaultKind::queue_does_not_exist, Service::sqs,
                                          AnswerForm::json, "r");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.body, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist",)"
                           R"("message":"The specified queue does not exist."})");
    EXPECT_THAT(answer.headers, Contains(Pair("Content-Type", "application/x-amz-json-1.0")));
    EXPECT_THAT(answer.headers, Contains(Pair("x-amzn-RequestId", "r")));
    EXPECT_THAT(answer.headers, Contains(Pair("x-amzn-query-error",
                                              "AWS.SimpleQueueService.NonExistentQueue;Sender")));
    const http::Response own = refused(FaultKind::internal_failure, Service::sqs, AnswerForm::json,
                                       "r");
    EXPECT_EQ(own.status, 500);
    EXPECT_THAT(own.headers, Contains(Pair("x-amzn-query-error", "InternalFailure;Receiver")));
}

TEST(Answers, InXmlSayTypeCodeAndMessage) {
    const http::Response answer = refused(FaultKind::queue_does_not_exist, Service::sqs,
                                          AnswerForm::xml, "r");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.body,
              "<?xml version=\"1.0\"?><ErrorResponse "
              "xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>Sender</Type>"
              "<Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue "
              "does not exist for this wsdl version.</Message><Detail/></Error>"
              "<RequestId>r</RequestId></ErrorResponse>");
    EXPECT_THAT(answer.headers, Contains(Pair("Content-Type", "text/xml")));
    EXPECT_THAT(answer.headers, Not(Contains(Pair("x-amzn-query-error", testing::_))));
    EXPECT_THAT(refused({FaultKind::invalid_parameter_value, "<&>"}, Service::sns, AnswerForm::xml,
                        "r")
                    .body,
                testing::HasSubstr("<Message>&lt;&amp;&gt;</Message>"));
}

TEST(Answers, InJsonOfTheQueryProtocolSayTheSame) {
    EXPECT_EQ(
        refused({FaultKind::invalid_action, "why"}, Service::sqs, AnswerForm::query_json, "r").body,
        R"({"Error":{"Type":"Sender","Code":"InvalidAction","Message":"why"},)"
        R"("RequestId":"r"})");
}

TEST(Answers, ToNoKnownOperationAreThoseOfNoService) {
    const http::Response answer = refused(FaultKind::unknown_operation, Service::sqs,
                                          AnswerForm::xml, "r");
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.body, "<UnknownOperationException/>\n");
}

}  // namespace
}  // namespace polylog::aws
