#include "protocol/kafka/errors.h"

#include <iterator>
#include <source_location>

#include "base/check.h"

namespace polylog::kafka {

namespace {

constexpr ApiErrorInfo kApiErrors[] = {
    {ApiError::unknown_server_error, "UNKNOWN_SERVER_ERROR", false,
     "the broker failed in a way that has no code of its own"},
    {ApiError::none, "NONE", false, "success"},
    {ApiError::offset_out_of_range, "OFFSET_OUT_OF_RANGE", false,
     "the offset lies before the log's start or after its end"},
    {ApiError::corrupt_message, "CORRUPT_MESSAGE", true,
     "a batch does not match its checksum or its own lengths"},
    {ApiError::unknown_topic_or_partition, "UNKNOWN_TOPIC_OR_PARTITION", true,
     "no such topic, or no such partition in it, on this broker"},
    {ApiError::invalid_fetch_size, "INVALID_FETCH_SIZE", false,
     "a fetch asked for a size that makes no sense"},
    {ApiError::leader_not_available, "LEADER_NOT_AVAILABLE", true,
     "the partition has no leader at the moment"},
    {ApiError::not_leader_or_follower, "NOT_LEADER_OR_FOLLOWER", true,
     "this broker neither leads nor replicates the partition"},
    {ApiError::request_timed_out, "REQUEST_TIMED_OUT", true,
     "the time allowed ran out before the work was done"},
    {ApiError::broker_not_available, "BROKER_NOT_AVAILABLE", false,
     "the broker asked about is not alive"},
    {ApiError::replica_not_available, "REPLICA_NOT_AVAILABLE", true,
     "this broker should hold a replica but does not have it ready"},
    {ApiError::message_too_large, "MESSAGE_TOO_LARGE", false,
     "a batch is larger than the topic accepts"},
    {ApiError::stale_controller_epoch, "STALE_CONTROLLER_EPOCH", false,
     "the sender was the controller once and is no more"},
    {ApiError::offset_metadata_too_large, "OFFSET_METADATA_TOO_LARGE", false,
     "the text beside a committed offset is over its limit"},
    {ApiError::network_exception, "NETWORK_EXCEPTION", true,
     "the connection went away before the answer came"},
    {ApiError::coordinator_load_in_progress, "COORDINATOR_LOAD_IN_PROGRESS", true,
     "the coordinator is still reading its state"},
    {ApiError::coordinator_not_available, "COORDINATOR_NOT_AVAILABLE", true,
     "no coordinator is elected for this group or transaction"},
    {ApiError::not_coordinator, "NOT_COORDINATOR", true,
     "another broker coordinates this group or transaction"},
    {ApiError::invalid_topic_exception, "INVALID_TOPIC_EXCEPTION", false,
     "the topic name breaks the naming rules or is reserved"},
    {ApiError::record_list_too_large, "RECORD_LIST_TOO_LARGE", false,
     "the batches together exceed one segment"},
    {ApiError::not_enough_replicas, "NOT_ENOUGH_REPLICAS", true,
     "fewer in-sync replicas than the topic demands; nothing was appended"},
    {ApiError::not_enough_replicas_after_append, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", true,
     "appended, but on fewer in-sync replicas than the topic demands"},
    {ApiError::invalid_required_acks, "INVALID_REQUIRED_ACKS", false,
     "acks is neither -1, 0 nor 1"},
    {ApiError::illegal_generation, "ILLEGAL_GENERATION", false,
     "the member speaks of a generation that the group is not in"},
    {ApiError::inconsistent_group_protocol, "INCONSISTENT_GROUP_PROTOCOL", false,
     "the member shares no protocol with the rest of the group"},
    {ApiError::invalid_group_id, "INVALID_GROUP_ID", false, "the group id is empty or malformed"},
    {ApiError::unknown_member_id, "UNKNOWN_MEMBER_ID", false, "the group has no such member"},
    {ApiError::invalid_session_timeout, "INVALID_SESSION_TIMEOUT", false,
     "the session timeout lies outside the broker's bounds"},
    {ApiError::rebalance_in_progress, "REBALANCE_IN_PROGRESS", false,
     "the group is rebalancing: join again"},
    {ApiError::invalid_commit_offset_size, "INVALID_COMMIT_OFFSET_SIZE", false,
     "a commit of more data than the offsets log takes"},
    {ApiError::topic_authorization_failed, "TOPIC_AUTHORIZATION_FAILED", false,
     "the principal may not do this to the topic"},
    {ApiError::group_authorization_failed, "GROUP_AUTHORIZATION_FAILED", false,
     "the principal may not do this to the group"},
    {ApiError::cluster_authorization_failed, "CLUSTER_AUTHORIZATION_FAILED", false,
     "the principal may not do this to the cluster"},
    {ApiError::invalid_timestamp, "INVALID_TIMESTAMP", false,
     "a record's timestamp lies outside what the topic accepts"},
    {ApiError::unsupported_sasl_mechanism, "UNSUPPORTED_SASL_MECHANISM", false,
     "the broker does not offer this authentication mechanism"},
    {ApiError::illegal_sasl_state, "ILLEGAL_SASL_STATE", false,
     "the request does not fit the state of the authentication"},
    {ApiError::unsupported_version, "UNSUPPORTED_VERSION", false,
     "the broker does not speak this version of the request"},
    {ApiError::topic_already_exists, "TOPIC_ALREADY_EXISTS", false, "a topic of that name exists"},
    {ApiError::invalid_partitions, "INVALID_PARTITIONS", false,
     "the number of partitions is not possible"},
    {ApiError::invalid_replication_factor, "INVALID_REPLICATION_FACTOR", false,
     "the replication factor is below 1 or above the number of brokers"},
    {ApiError::invalid_replica_assignment, "INVALID_REPLICA_ASSIGNMENT", false,
     "the replicas listed by hand contradict the rules"},
    {ApiError::invalid_config, "INVALID_CONFIG", false,
     "an unknown configuration key or a value it does not take"},
    {ApiError::not_controller, "NOT_CONTROLLER", true, "another node is the controller"},
    {ApiError::invalid_request, "INVALID_REQUEST", false,
     "the request contradicts itself or is malformed"},
    {ApiError::unsupported_for_message_format, "UNSUPPORTED_FOR_MESSAGE_FORMAT", false,
     "the stored record format cannot do this"},
    {ApiError::policy_violation, "POLICY_VIOLATION", false,
     "well-formed, but against a policy of this cluster"},
    {ApiError::out_of_order_sequence_number, "OUT_OF_ORDER_SEQUENCE_NUMBER", false,
     "an idempotent producer's batch does not follow its last one"},
    {ApiError::duplicate_sequence_number, "DUPLICATE_SEQUENCE_NUMBER", false,
     "an idempotent producer's batch was appended before"},
    {ApiError::invalid_producer_epoch, "INVALID_PRODUCER_EPOCH", false,
     "a newer incarnation of the producer has written already"},
    {ApiError::invalid_txn_state, "INVALID_TXN_STATE", false,
     "the transaction is in a state that does not allow this"},
    {ApiError::invalid_producer_id_mapping, "INVALID_PRODUCER_ID_MAPPING", false,
     "the producer id does not belong to the transactional id"},
    {ApiError::invalid_transaction_timeout, "INVALID_TRANSACTION_TIMEOUT", false,
     "the transaction timeout is above the broker's bound"},
    {ApiError::concurrent_transactions, "CONCURRENT_TRANSACTIONS", true,
     "the previous transaction of this producer is still completing"},
    {ApiError::transaction_coordinator_fenced, "TRANSACTION_COORDINATOR_FENCED", false,
     "the marker comes from a coordinator that was replaced"},
    {ApiError::transactional_id_authorization_failed, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
     false, "the principal may not use the transactional id"},
    {ApiError::security_disabled, "SECURITY_DISABLED", false, "no authorizer is configured"},
    {ApiError::operation_not_attempted, "OPERATION_NOT_ATTEMPTED", false,
     "not tried, because another part of the request failed"},
    {ApiError::kafka_storage_error, "KAFKA_STORAGE_ERROR", true,
     "the partition's storage failed on this broker"},
    {ApiError::log_dir_not_found, "LOG_DIR_NOT_FOUND", false,
     "the broker has no such data directory"},
    {ApiError::sasl_authentication_failed, "SASL_AUTHENTICATION_FAILED", false,
     "the credentials were refused"},
    {ApiError::unknown_producer_id, "UNKNOWN_PRODUCER_ID", false,
     "the broker has no state of this producer any more"},
    {ApiError::reassignment_in_progress, "REASSIGNMENT_IN_PROGRESS", false,
     "the partition's replicas are being moved"},
    {ApiError::delegation_token_auth_disabled, "DELEGATION_TOKEN_AUTH_DISABLED", false,
     "delegation tokens are not in use here"},
    {ApiError::delegation_token_not_found, "DELEGATION_TOKEN_NOT_FOUND", false,
     "no such delegation token"},
    {ApiError::delegation_token_owner_mismatch, "DELEGATION_TOKEN_OWNER_MISMATCH", false,
     "the principal neither owns nor may renew the token"},
    {ApiError::delegation_token_request_not_allowed, "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", false,
     "tokens are not handed out on a connection of this kind"},
    {ApiError::delegation_token_authorization_failed, "DELEGATION_TOKEN_AUTHORIZATION_FAILED",
     false, "the principal may not do this to the token"},
    {ApiError::delegation_token_expired, "DELEGATION_TOKEN_EXPIRED", false,
     "the delegation token has expired"},
    {ApiError::invalid_principal_type, "INVALID_PRINCIPAL_TYPE", false,
     "the kind of principal is not supported"},
    {ApiError::non_empty_group, "NON_EMPTY_GROUP", false, "the group still has members"},
    {ApiError::group_id_not_found, "GROUP_ID_NOT_FOUND", false, "no group of that id"},
    {ApiError::fetch_session_id_not_found, "FETCH_SESSION_ID_NOT_FOUND", true,
     "the fetch session was evicted or never existed"},
    {ApiError::invalid_fetch_session_epoch, "INVALID_FETCH_SESSION_EPOCH", true,
     "the request skips or repeats a step of its fetch session"},
    {ApiError::listener_not_found, "LISTENER_NOT_FOUND", true,
     "the leader has no listener of the name the client uses"},
    {ApiError::topic_deletion_disabled, "TOPIC_DELETION_DISABLED", false,
     "topics may not be deleted here"},
    {ApiError::fenced_leader_epoch, "FENCED_LEADER_EPOCH", true,
     "the client's leader epoch is older than the broker's"},
    {ApiError::unknown_leader_epoch, "UNKNOWN_LEADER_EPOCH", true,
     "the client's leader epoch is newer than the broker's"},
    {ApiError::unsupported_compression_type, "UNSUPPORTED_COMPRESSION_TYPE", false,
     "the compression does not go with this version of the request"},
    {ApiError::stale_broker_epoch, "STALE_BROKER_EPOCH", false,
     "the broker has registered anew since"},
    {ApiError::offset_not_available, "OFFSET_NOT_AVAILABLE", true,
     "a new leader does not know its high watermark yet"},
    {ApiError::member_id_required, "MEMBER_ID_REQUIRED", false,
     "join again with the member id in the answer"},
    {ApiError::preferred_leader_not_available, "PREFERRED_LEADER_NOT_AVAILABLE", true,
     "the preferred replica cannot lead now"},
    {ApiError::group_max_size_reached, "GROUP_MAX_SIZE_REACHED", false,
     "the group has as many members as it may"},
    {ApiError::fenced_instance_id, "FENCED_INSTANCE_ID", false,
     "another member took over this static instance id"},
    {ApiError::eligible_leaders_not_available, "ELIGIBLE_LEADERS_NOT_AVAILABLE", true,
     "no replica may lead the partition now"},
    {ApiError::election_not_needed, "ELECTION_NOT_NEEDED", true,
     "the partition has the leader that was wanted"},
    {ApiError::no_reassignment_in_progress, "NO_REASSIGNMENT_IN_PROGRESS", false,
     "there is no move of replicas to cancel"},
    {ApiError::group_subscribed_to_topic, "GROUP_SUBSCRIBED_TO_TOPIC", false,
     "the group consumes the topic, so its offsets stay"},
    {ApiError::invalid_record, "INVALID_RECORD", false, "a record breaks the topic's rules"},
    {ApiError::unstable_offset_commit, "UNSTABLE_OFFSET_COMMIT", true,
     "an open transaction may still change the offsets"},
    {ApiError::throttling_quota_exceeded, "THROTTLING_QUOTA_EXCEEDED", true,
     "over a quota: try again later"},
    {ApiError::producer_fenced, "PRODUCER_FENCED", false,
     "a newer producer uses the same transactional id"},
    {ApiError::resource_not_found, "RESOURCE_NOT_FOUND", false,
     "what the request names does not exist"},
    {ApiError::duplicate_resource, "DUPLICATE_RESOURCE", false,
     "the request names something twice"},
    {ApiError::unacceptable_credential, "UNACCEPTABLE_CREDENTIAL", false,
     "the credential does not meet the broker's demands"},
    {ApiError::inconsistent_voter_set, "INCONSISTENT_VOTER_SET", false,
     "sender and receiver disagree on who votes"},
    {ApiError::invalid_update_version, "INVALID_UPDATE_VERSION", false,
     "the update is based on another version"},
    {ApiError::feature_update_failed, "FEATURE_UPDATE_FAILED", false,
     "the features could not be changed"},
    {ApiError::principal_deserialization_failure, "PRINCIPAL_DESERIALIZATION_FAILURE", false,
     "a forwarded request carries an unreadable principal"},
    {ApiError::snapshot_not_found, "SNAPSHOT_NOT_FOUND", false, "no such metadata snapshot"},
    {ApiError::position_out_of_range, "POSITION_OUT_OF_RANGE", false,
     "a position outside the snapshot"},
    {ApiError::unknown_topic_id, "UNKNOWN_TOPIC_ID", true, "no topic with this id on this broker"},
    {ApiError::duplicate_broker_registration, "DUPLICATE_BROKER_REGISTRATION", false,
     "a live broker uses this id already"},
    {ApiError::broker_id_not_registered, "BROKER_ID_NOT_REGISTERED", false,
     "no broker with this id has registered"},
    {ApiError::inconsistent_topic_id, "INCONSISTENT_TOPIC_ID", true,
     "the topic was deleted and created again under its name"},
    {ApiError::inconsistent_cluster_id, "INCONSISTENT_CLUSTER_ID", false,
     "the request is meant for another cluster"},
    {ApiError::transactional_id_not_found, "TRANSACTIONAL_ID_NOT_FOUND", false,
     "no such transactional id"},
    {ApiError::fetch_session_topic_id_error, "FETCH_SESSION_TOPIC_ID_ERROR", true,
     "a fetch session mixes topic names and topic ids"},
    {ApiError::ineligible_replica, "INELIGIBLE_REPLICA", false,
     "a replica that may not be in sync was proposed as such"},
    {ApiError::new_leader_elected, "NEW_LEADER_ELECTED", false,
     "the change took effect and moved the leadership"},
    {ApiError::offset_moved_to_tiered_storage, "OFFSET_MOVED_TO_TIERED_STORAGE", false,
     "the offset is no longer on local disks"},
    {ApiError::fenced_member_epoch, "FENCED_MEMBER_EPOCH", false,
     "the coordinator has given the member up: join again"},
    {ApiError::unreleased_instance_id, "UNRELEASED_INSTANCE_ID", false,
     "the static instance id is still held by another member"},
    {ApiError::unsupported_assignor, "UNSUPPORTED_ASSIGNOR", false,
     "the group has no such assignor"},
    {ApiError::stale_member_epoch, "STALE_MEMBER_EPOCH", false,
     "the member has not seen its newest epoch yet"},
    {ApiError::mismatched_endpoint_type, "MISMATCHED_ENDPOINT_TYPE", false,
     "asked of a controller what brokers answer, or the reverse"},
    {ApiError::unsupported_endpoint_type, "UNSUPPORTED_ENDPOINT_TYPE", false,
     "no endpoints of this kind"},
    {ApiError::unknown_controller_id, "UNKNOWN_CONTROLLER_ID", false, "no controller with this id"},
    {ApiError::unknown_subscription_id, "UNKNOWN_SUBSCRIPTION_ID", false,
     "the telemetry subscription is out of date"},
    {ApiError::telemetry_too_large, "TELEMETRY_TOO_LARGE", false,
     "more telemetry in one request than the broker takes"},
    {ApiError::invalid_registration, "INVALID_REGISTRATION", false,
     "the controller refuses the broker's registration"},
    {ApiError::transaction_abortable, "TRANSACTION_ABORTABLE", false,
     "the transaction cannot go on but may be aborted"},
    {ApiError::invalid_record_state, "INVALID_RECORD_STATE", false,
     "the delivery to be acknowledged is not the caller's any more"},
    {ApiError::share_session_not_found, "SHARE_SESSION_NOT_FOUND", true,
     "the share session was evicted or never existed"},
    {ApiError::invalid_share_session_epoch, "INVALID_SHARE_SESSION_EPOCH", true,
     "the request skips or repeats a step of its share session"},
    {ApiError::fenced_state_epoch, "FENCED_STATE_EPOCH", false,
     "the share group's state has moved on"},
    {ApiError::invalid_voter_key, "INVALID_VOTER_KEY", false,
     "the voter's identity is not that of the receiver"},
    {ApiError::duplicate_voter, "DUPLICATE_VOTER", false, "the voter is one already"},
    {ApiError::voter_not_found, "VOTER_NOT_FOUND", false, "no such voter"},
    {ApiError::invalid_regular_expression, "INVALID_REGULAR_EXPRESSION", false,
     "the subscription's pattern does not parse"},
    {ApiError::rebootstrap_required, "REBOOTSTRAP_REQUIRED", false,
     "the client's view of the cluster is useless: start over"},
    {ApiError::streams_invalid_topology, "STREAMS_INVALID_TOPOLOGY", false,
     "the streams topology contradicts itself"},
    {ApiError::streams_invalid_topology_epoch, "STREAMS_INVALID_TOPOLOGY_EPOCH", false,
     "the streams topology's epoch is not possible"},
    {ApiError::streams_topology_fenced, "STREAMS_TOPOLOGY_FENCED", false,
     "a newer streams topology is in use"},
    {ApiError::share_session_limit_reached, "SHARE_SESSION_LIMIT_REACHED", true,
     "as many share sessions as the broker keeps"},
};

constexpr auto kFirstApiError = static_cast<int16_t>(ApiError::unknown_server_error);

// Codes are dense, so that a code's row is found by its number.
constexpr bool rows_follow_their_codes() {
    for (size_t row = 0; row < std::size(kApiErrors); ++row) {
        if (static_cast<int>(kApiErrors[row].code) != static_cast<int>(row) + kFirstApiError)
            return false;
    }
    return true;
}
static_assert(rows_follow_their_codes());

using Code = base::ErrorCode;

struct Mapping {
    Code code;
    ApiError api_error;  // where the subject is a topic, or does not matter
};

constexpr Mapping kMappings[] = {
    {Code::invalid_request, ApiError::invalid_request},
    {Code::invalid_name, ApiError::invalid_topic_exception},
    {Code::invalid_config, ApiError::invalid_config},
    {Code::invalid_partition_count, ApiError::invalid_partitions},
    {Code::invalid_replication_factor, ApiError::invalid_replication_factor},
    {Code::invalid_replica_assignment, ApiError::invalid_replica_assignment},
    {Code::invalid_timestamp, ApiError::invalid_timestamp},
    {Code::invalid_record, ApiError::invalid_record},
    {Code::invalid_session_timeout, ApiError::invalid_session_timeout},
    {Code::invalid_acks, ApiError::invalid_required_acks},
    {Code::unsupported_version, ApiError::unsupported_version},
    {Code::unsupported_compression, ApiError::unsupported_compression_type},
    {Code::unsupported,
     ApiError::unsupported_version},  // Java: UnsupportedVersionException, the feature is missing
    {Code::message_too_large, ApiError::message_too_large},
    {Code::metadata_too_large, ApiError::offset_metadata_too_large},
    {Code::policy_violation, ApiError::policy_violation},
    {Code::unknown_topic, ApiError::unknown_topic_or_partition},
    {Code::unknown_topic_id, ApiError::unknown_topic_id},
    {Code::inconsistent_topic_id, ApiError::inconsistent_topic_id},
    {Code::topic_exists, ApiError::topic_already_exists},
    {Code::unknown_group, ApiError::group_id_not_found},
    {Code::unknown_member, ApiError::unknown_member_id},
    {Code::unknown_producer, ApiError::unknown_producer_id},
    {Code::not_leader, ApiError::not_leader_or_follower},
    {Code::leader_not_available, ApiError::leader_not_available},
    {Code::stale_leader_epoch, ApiError::fenced_leader_epoch},
    {Code::unknown_leader_epoch, ApiError::unknown_leader_epoch},
    {Code::offset_out_of_range, ApiError::offset_out_of_range},
    {Code::offset_not_available, ApiError::offset_not_available},
    {Code::not_enough_replicas, ApiError::not_enough_replicas},
    {Code::not_enough_replicas_after_append, ApiError::not_enough_replicas_after_append},
    {Code::partition_offline, ApiError::kafka_storage_error},
    {Code::out_of_order_sequence, ApiError::out_of_order_sequence_number},
    {Code::duplicate_sequence, ApiError::duplicate_sequence_number},
    {Code::stale_producer_epoch, ApiError::invalid_producer_epoch},
    {Code::coordinator_loading, ApiError::coordinator_load_in_progress},
    {Code::coordinator_not_available, ApiError::coordinator_not_available},
    {Code::not_coordinator, ApiError::not_coordinator},
    {Code::illegal_generation, ApiError::illegal_generation},
    {Code::rebalance_in_progress, ApiError::rebalance_in_progress},
    {Code::member_id_required, ApiError::member_id_required},
    {Code::inconsistent_group_protocol, ApiError::inconsistent_group_protocol},
    {Code::fenced_instance, ApiError::fenced_instance_id},
    {Code::group_max_size_reached, ApiError::group_max_size_reached},
    {Code::non_empty_group, ApiError::non_empty_group},
    {Code::group_subscribed_to_topic, ApiError::group_subscribed_to_topic},
    {Code::queue_full, ApiError::throttling_quota_exceeded},  // retriable: there will be room again
    {Code::unknown_lease, ApiError::invalid_record_state},
    {Code::lease_lost, ApiError::invalid_record_state},
    {Code::message_gone, ApiError::invalid_record_state},
    {Code::too_many_leases, ApiError::throttling_quota_exceeded},
    {Code::unknown_subscription, ApiError::resource_not_found},
    {Code::subscription_exists, ApiError::duplicate_resource},
    {Code::unknown_token, ApiError::invalid_request},
    {Code::authentication_failed, ApiError::sasl_authentication_failed},
    {Code::not_authorized, ApiError::topic_authorization_failed},
    {Code::timed_out, ApiError::request_timed_out},
    {Code::throttled, ApiError::throttling_quota_exceeded},
    {Code::disk_full, ApiError::kafka_storage_error},  // retriable: the client waits for room
    {Code::io_failed, ApiError::kafka_storage_error},
    {Code::corrupt, ApiError::corrupt_message},
    {Code::damaged, ApiError::kafka_storage_error},
    {Code::closed,
     ApiError::leader_not_available},  // retriable everywhere: the client looks for a new leader
    {Code::not_found, ApiError::resource_not_found},
    {Code::internal, ApiError::unknown_server_error},
};

// The table has a row for each neutral code, in the enum's order...
constexpr bool rows_follow_the_enum() {
    for (size_t row = 0; row < std::size(kMappings); ++row) {
        if (static_cast<size_t>(kMappings[row].code) != row) return false;
    }
    return true;
}
static_assert(rows_follow_the_enum());

// ...up to its end: the compiler spells the number after the last row as a cast, since no
// enumerator has it.
template <Code code>
consteval bool has_name() {
    return std::string_view(std::source_location::current().function_name()).find("code = (") ==
           std::string_view::npos;
}
static_assert(has_name<kMappings[std::size(kMappings) - 1].code>());
static_assert(!has_name<static_cast<Code>(std::size(kMappings))>(),
              "a neutral error code without a Kafka code");

}  // namespace

const ApiErrorInfo* find_api_error(ApiError code) {
    const int row = static_cast<int>(code) - kFirstApiError;
    if (row < 0 || row >= static_cast<int>(std::size(kApiErrors))) return nullptr;
    return &kApiErrors[row];
}

ApiError to_api_error(base::ErrorCode code, Subject subject) {
    const bool coordinated = subject == Subject::group || subject == Subject::transactional_id;
    if (code == Code::closed && coordinated) return ApiError::coordinator_not_available;
    // Clients take no error of the disk for an answer to a commit: the coordinator is away until
    // it can store again.
    const bool cannot_store = code == Code::disk_full || code == Code::throttled ||
                              code == Code::io_failed || code == Code::partition_offline ||
                              code == Code::damaged;
    if (cannot_store && coordinated) return ApiError::coordinator_not_available;
    // A producer that hears of a quota gives up (librdkafka); one that hears of the disk tries
    // again.
    if (code == Code::throttled && subject == Subject::records) {
        return ApiError::kafka_storage_error;
    }
    if (code == Code::invalid_name && subject == Subject::group) return ApiError::invalid_group_id;
    // A partition and a transaction coordinator name the same thing differently (KIP-588).
    if (code == Code::stale_producer_epoch && subject == Subject::transactional_id) {
        return ApiError::producer_fenced;
    }
    if (code == Code::not_authorized) {
        switch (subject) {
        case Subject::topic:
        case Subject::records: return ApiError::topic_authorization_failed;
        case Subject::group: return ApiError::group_authorization_failed;
        case Subject::transactional_id: return ApiError::transactional_id_authorization_failed;
        case Subject::cluster: return ApiError::cluster_authorization_failed;
        }
    }
    const auto row = static_cast<size_t>(code);
    CHECK(row < std::size(kMappings));
    return kMappings[row].api_error;
}

}  // namespace polylog::kafka
