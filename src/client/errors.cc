#include "client/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace polylog::client {

using base::ErrorCode;
using kafka::ApiError;

namespace {

struct Meaning {
    ApiError api;
    ErrorCode neutral;
};

constexpr std::array kMeanings{
    Meaning{ApiError::offset_out_of_range, ErrorCode::offset_out_of_range},
    Meaning{ApiError::corrupt_message, ErrorCode::corrupt},
    Meaning{ApiError::unknown_topic_or_partition, ErrorCode::unknown_topic},
    Meaning{ApiError::leader_not_available, ErrorCode::leader_not_available},
    Meaning{ApiError::not_leader_or_follower, ErrorCode::not_leader},
    Meaning{ApiError::request_timed_out, ErrorCode::timed_out},
    Meaning{ApiError::broker_not_available, ErrorCode::leader_not_available},
    Meaning{ApiError::replica_not_available, ErrorCode::leader_not_available},
    Meaning{ApiError::message_too_large, ErrorCode::message_too_large},
    Meaning{ApiError::offset_metadata_too_large, ErrorCode::metadata_too_large},
    Meaning{ApiError::network_exception, ErrorCode::closed},
    Meaning{ApiError::coordinator_load_in_progress, ErrorCode::coordinator_loading},
    Meaning{ApiError::coordinator_not_available, ErrorCode::coordinator_not_available},
    Meaning{ApiError::not_coordinator, ErrorCode::not_coordinator},
    Meaning{ApiError::invalid_topic_exception, ErrorCode::invalid_name},
    Meaning{ApiError::record_list_too_large, ErrorCode::message_too_large},
    Meaning{ApiError::not_enough_replicas, ErrorCode::not_enough_replicas},
    Meaning{ApiError::not_enough_replicas_after_append,
            ErrorCode::not_enough_replicas_after_append},
    Meaning{ApiError::invalid_required_acks, ErrorCode::invalid_acks},
    Meaning{ApiError::illegal_generation, ErrorCode::illegal_generation},
    Meaning{ApiError::inconsistent_group_protocol, ErrorCode::inconsistent_group_protocol},
    Meaning{ApiError::invalid_group_id, ErrorCode::invalid_name},
    Meaning{ApiError::unknown_member_id, ErrorCode::unknown_member},
    Meaning{ApiError::invalid_session_timeout, ErrorCode::invalid_session_timeout},
    Meaning{ApiError::rebalance_in_progress, ErrorCode::rebalance_in_progress},
    Meaning{ApiError::topic_authorization_failed, ErrorCode::not_authorized},
    Meaning{ApiError::group_authorization_failed, ErrorCode::not_authorized},
    Meaning{ApiError::cluster_authorization_failed, ErrorCode::not_authorized},
    Meaning{ApiError::transactional_id_authorization_failed, ErrorCode::not_authorized},
    Meaning{ApiError::invalid_timestamp, ErrorCode::invalid_timestamp},
    Meaning{ApiError::unsupported_version, ErrorCode::unsupported_version},
    Meaning{ApiError::topic_already_exists, ErrorCode::topic_exists},
    Meaning{ApiError::invalid_partitions, ErrorCode::invalid_partition_count},
    Meaning{ApiError::invalid_replication_factor, ErrorCode::invalid_replication_factor},
    Meaning{ApiError::invalid_replica_assignment, ErrorCode::invalid_replica_assignment},
    Meaning{ApiError::invalid_config, ErrorCode::invalid_config},
    Meaning{ApiError::not_controller, ErrorCode::not_leader},
    Meaning{ApiError::invalid_request, ErrorCode::invalid_request},
    Meaning{ApiError::policy_violation, ErrorCode::policy_violation},
    Meaning{ApiError::out_of_order_sequence_number, ErrorCode::out_of_order_sequence},
    Meaning{ApiError::duplicate_sequence_number, ErrorCode::duplicate_sequence},
    Meaning{ApiError::invalid_producer_epoch, ErrorCode::stale_producer_epoch},
    Meaning{ApiError::producer_fenced, ErrorCode::stale_producer_epoch},
    Meaning{ApiError::kafka_storage_error, ErrorCode::partition_offline},
    Meaning{ApiError::sasl_authentication_failed, ErrorCode::authentication_failed},
    Meaning{ApiError::unknown_producer_id, ErrorCode::unknown_producer},
    Meaning{ApiError::non_empty_group, ErrorCode::non_empty_group},
    Meaning{ApiError::group_id_not_found, ErrorCode::unknown_group},
    Meaning{ApiError::topic_deletion_disabled, ErrorCode::policy_violation},
    Meaning{ApiError::fenced_leader_epoch, ErrorCode::stale_leader_epoch},
    Meaning{ApiError::unknown_leader_epoch, ErrorCode::unknown_leader_epoch},
    Meaning{ApiError::unsupported_compression_type, ErrorCode::unsupported_compression},
    Meaning{ApiError::offset_not_available, ErrorCode::offset_not_available},
    Meaning{ApiError::member_id_required, ErrorCode::member_id_required},
    Meaning{ApiError::group_max_size_reached, ErrorCode::group_max_size_reached},
    Meaning{ApiError::fenced_instance_id, ErrorCode::fenced_instance},
    Meaning{ApiError::group_subscribed_to_topic, ErrorCode::group_subscribed_to_topic},
    Meaning{ApiError::invalid_record, ErrorCode::invalid_record},
    Meaning{ApiError::throttling_quota_exceeded, ErrorCode::throttled},
    Meaning{ApiError::unknown_topic_id, ErrorCode::unknown_topic_id},
    Meaning{ApiError::inconsistent_topic_id, ErrorCode::inconsistent_topic_id},
};

}  // namespace

base::Error to_error(ApiError code, std::string message) {
    const kafka::ApiErrorInfo* info = kafka::find_api_error(code);
    const auto meaning = std::ranges::find(kMeanings, code, &Meaning::api);
    if (meaning != kMeanings.end()) {
        if (message.empty() && info) message = info->description;
        return base::Error(meaning->neutral, std::move(message));
    }
    const std::string name = info ? std::string(info->name)
                                  : fmt::format("code {}", static_cast<int>(code));
    if (message.empty() && info) message = info->description;
    return base::Error(ErrorCode::internal,
                       fmt::format("the broker answered {}: {}", name, message));
}

base::Result<void> check(ApiError code, const std::optional<std::string>& message) {
    if (code == ApiError::none) return {};
    return base::fail(to_error(code, message.value_or(std::string())));
}

bool is_stale_metadata(ErrorCode code) {
    switch (code) {
    case ErrorCode::not_leader:
    case ErrorCode::leader_not_available:
    case ErrorCode::stale_leader_epoch:
    case ErrorCode::unknown_leader_epoch:
    case ErrorCode::not_coordinator:
    case ErrorCode::coordinator_not_available:
    case ErrorCode::closed:
    case ErrorCode::timed_out: return true;
    default: return false;
    }
}

bool is_retriable(ErrorCode code) {
    switch (code) {
    case ErrorCode::offset_not_available:
    case ErrorCode::not_enough_replicas:
    case ErrorCode::not_enough_replicas_after_append:
    case ErrorCode::coordinator_loading:
    case ErrorCode::throttled:
    case ErrorCode::disk_full:
    case ErrorCode::io_failed: return true;
    default: return is_stale_metadata(code);
    }
}

}  // namespace polylog::client
