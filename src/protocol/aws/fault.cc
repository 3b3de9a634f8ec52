#include "protocol/aws/fault.h"

#include <array>

#include "base/check.h"

namespace polylog::aws {

using base::ErrorCode;

namespace {

using Forms = std::array<FaultForm, kFaultKinds>;
using Row = std::pair<FaultKind, FaultForm>;

// What no operation of a service answers becomes an error of the server: it would be a bug.
constexpr FaultForm kSqsInternal{"com.amazonaws.sqs#InternalFailure", "InternalFailure", 500, false,
                                 "The request processing has failed because of an unknown error."};
constexpr FaultForm kSnsInternal{"InternalError", "InternalFailure", 500, false,
                                 "The request processing has failed because of an unknown error."};

template <size_t N>
consteval Forms table(const FaultForm& internal, const Row (&rows)[N]) {
    Forms forms;
    forms.fill(internal);
    for (const auto& [kind, form] : rows) forms[static_cast<size_t>(kind)] = form;
    return forms;
}

constexpr std::string_view kNoToken = "Request is missing Authentication Token";
constexpr std::string_view kBadToken = "The security token included in the request is invalid.";
constexpr std::string_view kBadSignature =
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details.";

// SQS API reference, "Common errors" and those of each action; botocore sqs/2012-11-05, the traits
// `awsQueryError`; shapes of the framework under the service have its namespace.
constexpr Row kSqsRows[] = {
    {FaultKind::invalid_parameter_value,
     {"com.amazon.coral.service#InvalidParameterValueException", "InvalidParameterValue"}},
    {FaultKind::missing_parameter,
     {"com.amazon.coral.service#MissingRequiredParameterException", "MissingParameter"}},
    {FaultKind::malformed_input,
     {"com.amazon.coral.service#SerializationException", "MalformedInput"}},
    {FaultKind::invalid_action, {"com.amazonaws.sqs#InvalidAction", "InvalidAction"}},
    {FaultKind::unknown_operation,
     {"com.amazon.coral.service#UnknownOperationException", "UnknownOperationException"}},
    {FaultKind::unsupported_operation,
     {"com.amazonaws.sqs#UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"}},
    {FaultKind::not_implemented,
     {"com.amazonaws.sqs#UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"}},
    {FaultKind::missing_authentication_token,
     {"com.amazon.coral.service#MissingAuthenticationTokenException", "MissingAuthenticationToken",
      403, true, kNoToken}},
    {FaultKind::incomplete_signature,
     {"com.amazon.coral.service#IncompleteSignatureException", "IncompleteSignature"}},
    {FaultKind::invalid_client_token_id,
     {"com.amazon.coral.service#UnrecognizedClientException", "InvalidClientTokenId", 403, true,
      kBadToken}},
    {FaultKind::signature_does_not_match,
     {"com.amazon.coral.service#InvalidSignatureException", "SignatureDoesNotMatch", 403, true,
      kBadSignature}},
    {FaultKind::access_denied,
     {"com.amazon.coral.service#AccessDeniedException", "AccessDenied", 403, true,
      "Access to the resource is denied."}},
    {FaultKind::throttled,
     {"com.amazonaws.sqs#RequestThrottled", "RequestThrottled", 400, true, "Rate exceeded"}},
    {FaultKind::over_limit, {"com.amazonaws.sqs#OverLimit", "OverLimit", 403}},
    {FaultKind::internal_failure, kSqsInternal},
    {FaultKind::service_unavailable,
     {"com.amazonaws.sqs#ServiceUnavailable", "ServiceUnavailable", 503, false,
      "The service is unavailable. Please try again shortly."}},
    {FaultKind::queue_does_not_exist,
     {"com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400, true,
      "The specified queue does not exist.",
      "The specified queue does not exist for this wsdl version."}},
    {FaultKind::queue_name_exists, {"com.amazonaws.sqs#QueueNameExists", "QueueAlreadyExists"}},
    {FaultKind::queue_deleted_recently,
     {"com.amazonaws.sqs#QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently", 400,
      true,
      "You must wait 60 seconds after deleting a queue before you can create another with the same "
      "name."}},
    {FaultKind::purge_queue_in_progress,
     {"com.amazonaws.sqs#PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress",
      403}},
    {FaultKind::invalid_address, {"com.amazonaws.sqs#InvalidAddress", "InvalidAddress"}},
    {FaultKind::invalid_attribute_name,
     {"com.amazonaws.sqs#InvalidAttributeName", "InvalidAttributeName"}},
    {FaultKind::invalid_attribute_value,
     {"com.amazonaws.sqs#InvalidAttributeValue", "InvalidAttributeValue"}},
    {FaultKind::invalid_message_contents,
     {"com.amazonaws.sqs#InvalidMessageContents", "InvalidMessageContents", 400, true,
      "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
      "#xE000 to #xFFFD | #x10000 to #x10FFFF"}},
    {FaultKind::message_not_inflight,
     {"com.amazonaws.sqs#MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"}},
    {FaultKind::receipt_handle_is_invalid,
     {"com.amazonaws.sqs#ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"}},
    {FaultKind::resource_not_found,
     {"com.amazonaws.sqs#ResourceNotFoundException", "ResourceNotFoundException", 404}},
    {FaultKind::empty_batch_request,
     {"com.amazonaws.sqs#EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest"}},
    {FaultKind::too_many_entries_in_batch_request,
     {"com.amazonaws.sqs#TooManyEntriesInBatchRequest",
      "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"}},
    {FaultKind::invalid_batch_entry_id,
     {"com.amazonaws.sqs#InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId"}},
    {FaultKind::batch_entry_ids_not_distinct,
     {"com.amazonaws.sqs#BatchEntryIdsNotDistinct",
      "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"}},
    {FaultKind::batch_request_too_long,
     {"com.amazonaws.sqs#BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"}},
};

// SNS API reference, "Common errors" and those of each action; botocore sns/2010-03-31, the traits
// `error`. There is no JSON form, so the shape is the code.
constexpr FaultForm sns(std::string_view code, int status = 400, std::string_view message = {}) {
    return {code, code, status, true, message};
}
constexpr Row kSnsRows[] = {
    {FaultKind::invalid_parameter_value, sns("InvalidParameter")},
    {FaultKind::missing_parameter, sns("MissingParameter")},
    {FaultKind::malformed_input, sns("MalformedInput")},
    {FaultKind::invalid_action, sns("InvalidAction")},
    {FaultKind::unknown_operation, sns("UnknownOperationException")},
    {FaultKind::unsupported_operation, sns("InvalidParameter")},
    {FaultKind::not_implemented, sns("NotImplemented", 501)},
    {FaultKind::missing_authentication_token, sns("MissingAuthenticationToken", 403, kNoToken)},
    {FaultKind::incomplete_signature, sns("IncompleteSignature")},
    {FaultKind::invalid_client_token_id, sns("InvalidClientTokenId", 403, kBadToken)},
    {FaultKind::signature_does_not_match, sns("SignatureDoesNotMatch", 403, kBadSignature)},
    {FaultKind::access_denied, sns("AuthorizationError", 403)},
    {FaultKind::throttled, sns("Throttled", 429, "Rate exceeded")},
    {FaultKind::internal_failure, kSnsInternal},
    {FaultKind::service_unavailable,
     {"ServiceUnavailable", "ServiceUnavailable", 503, false,
      "The service is unavailable. Please try again shortly."}},
    // What the rooms below call a queue may be the topic's own.
    {FaultKind::queue_does_not_exist, sns("NotFound", 404, "Topic does not exist")},
    {FaultKind::queue_name_exists, sns("InvalidParameter")},
    {FaultKind::resource_not_found, sns("ResourceNotFound", 404)},
    {FaultKind::empty_batch_request, sns("EmptyBatchRequest")},
    {FaultKind::too_many_entries_in_batch_request, sns("TooManyEntriesInBatchRequest")},
    {FaultKind::invalid_batch_entry_id, sns("InvalidBatchEntryId")},
    {FaultKind::batch_entry_ids_not_distinct, sns("BatchEntryIdsNotDistinct")},
    {FaultKind::batch_request_too_long, sns("BatchRequestTooLong")},
    {FaultKind::not_found, sns("NotFound", 404)},
    {FaultKind::parameter_value_invalid, sns("ParameterValueInvalid")},
    {FaultKind::validation_error, sns("ValidationError")},
    {FaultKind::subscription_limit_exceeded, sns("SubscriptionLimitExceeded", 403)},
    {FaultKind::filter_policy_limit_exceeded, sns("FilterPolicyLimitExceeded", 403)},
    {FaultKind::topic_limit_exceeded, sns("TopicLimitExceeded", 403)},
    {FaultKind::concurrent_access, sns("ConcurrentAccess")},
    {FaultKind::stale_tag, sns("StaleTag")},
    {FaultKind::tag_limit_exceeded, sns("TagLimitExceeded")},
};

constexpr Forms kSqsForms = table(kSqsInternal, kSqsRows);
constexpr Forms kSnsForms = table(kSnsInternal, kSnsRows);

// The neutral codes that a client of a queue or topic can meet; the others are of other rooms and
// reaching one here is an error of the server.
FaultKind kind_of(ErrorCode code) {
    switch (code) {
    case ErrorCode::invalid_request:
    case ErrorCode::invalid_name:
    case ErrorCode::invalid_config:
    case ErrorCode::policy_violation:
    case ErrorCode::message_too_large: return FaultKind::invalid_parameter_value;
    case ErrorCode::unsupported: return FaultKind::unsupported_operation;
    case ErrorCode::unknown_topic:
    case ErrorCode::unknown_topic_id:
    case ErrorCode::inconsistent_topic_id: return FaultKind::queue_does_not_exist;
    case ErrorCode::topic_exists: return FaultKind::queue_name_exists;
    case ErrorCode::authentication_failed: return FaultKind::invalid_client_token_id;
    case ErrorCode::not_authorized: return FaultKind::access_denied;
    case ErrorCode::throttled:
    case ErrorCode::queue_full: return FaultKind::throttled;
    case ErrorCode::unknown_lease: return FaultKind::receipt_handle_is_invalid;
    case ErrorCode::lease_lost: return FaultKind::message_not_inflight;
    case ErrorCode::message_gone: return FaultKind::invalid_parameter_value;
    case ErrorCode::unknown_subscription: return FaultKind::not_found;
    case ErrorCode::subscription_exists:
    case ErrorCode::unknown_token: return FaultKind::invalid_parameter_value;
    case ErrorCode::too_many_leases: return FaultKind::over_limit;
    case ErrorCode::not_leader:
    case ErrorCode::leader_not_available:
    case ErrorCode::stale_leader_epoch:
    case ErrorCode::unknown_leader_epoch:
    case ErrorCode::offset_not_available:
    case ErrorCode::not_enough_replicas:
    case ErrorCode::not_enough_replicas_after_append:
    case ErrorCode::partition_offline:
    case ErrorCode::coordinator_loading:
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator:
    case ErrorCode::timed_out:
    case ErrorCode::disk_full:
    case ErrorCode::io_failed:
    case ErrorCode::damaged:
    case ErrorCode::closed: return FaultKind::service_unavailable;
    case ErrorCode::invalid_partition_count:
    case ErrorCode::invalid_replication_factor:
    case ErrorCode::invalid_replica_assignment:
    case ErrorCode::invalid_timestamp:
    case ErrorCode::invalid_record:
    case ErrorCode::invalid_session_timeout:
    case ErrorCode::invalid_acks:
    case ErrorCode::unsupported_version:
    case ErrorCode::unsupported_compression:
    case ErrorCode::metadata_too_large:
    case ErrorCode::unknown_group:
    case ErrorCode::unknown_member:
    case ErrorCode::unknown_producer:
    case ErrorCode::offset_out_of_range:
    case ErrorCode::out_of_order_sequence:
    case ErrorCode::duplicate_sequence:
    case ErrorCode::stale_producer_epoch:
    case ErrorCode::illegal_generation:
    case ErrorCode::rebalance_in_progress:
    case ErrorCode::member_id_required:
    case ErrorCode::inconsistent_group_protocol:
    case ErrorCode::fenced_instance:
    case ErrorCode::group_max_size_reached:
    case ErrorCode::non_empty_group:
    case ErrorCode::group_subscribed_to_topic:
    case ErrorCode::corrupt:
    case ErrorCode::not_found:
    case ErrorCode::internal: return FaultKind::internal_failure;
    }
    return FaultKind::internal_failure;
}

// Details are for people who may see the broker; a client sees those about its own request.
std::string message_of(FaultKind kind, const base::Error& error) {
    return kind == FaultKind::invalid_parameter_value ? std::string(error.detail()) : std::string();
}

}  // namespace

Fault::Fault(const base::Error& error)
    : kind(kind_of(error.code())), message(message_of(kind, error)) {}

const FaultForm& form_of(FaultKind kind, Service service) {
    return (service == Service::sqs ? kSqsForms : kSnsForms)[static_cast<size_t>(kind)];
}

}  // namespace polylog::aws
