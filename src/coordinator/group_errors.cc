#include "coordinator/group_errors.h"

#include "base/check.h"

namespace polylog::coordinator {

using base::ErrorCode;

ErrorCode to_group_error(ErrorCode log_error) {
    switch (log_error) {
    // It will pass.
    case ErrorCode::disk_full:
    case ErrorCode::throttled:
    case ErrorCode::timed_out:
    case ErrorCode::not_enough_replicas:
    case ErrorCode::not_enough_replicas_after_append:
    case ErrorCode::leader_not_available:
    case ErrorCode::coordinator_loading:
    case ErrorCode::coordinator_not_available: return ErrorCode::coordinator_not_available;
    // Not here, or not here any more.
    case ErrorCode::partition_offline:
    case ErrorCode::io_failed:
    case ErrorCode::corrupt:
    case ErrorCode::damaged:
    case ErrorCode::closed:
    case ErrorCode::unknown_topic:
    case ErrorCode::unknown_topic_id:
    case ErrorCode::inconsistent_topic_id:
    case ErrorCode::not_leader:
    case ErrorCode::stale_leader_epoch:
    case ErrorCode::unknown_leader_epoch:
    case ErrorCode::not_coordinator: return ErrorCode::not_coordinator;
    // What the coordinator wrote is refused: larger than a batch may be, or wrong.
    case ErrorCode::message_too_large:
    case ErrorCode::metadata_too_large:
    case ErrorCode::invalid_request:
    case ErrorCode::invalid_name:
    case ErrorCode::invalid_config:
    case ErrorCode::invalid_partition_count:
    case ErrorCode::invalid_replication_factor:
    case ErrorCode::invalid_replica_assignment:
    case ErrorCode::invalid_timestamp:
    case ErrorCode::invalid_record:
    case ErrorCode::invalid_session_timeout:
    case ErrorCode::invalid_acks:
    case ErrorCode::unsupported_version:
    case ErrorCode::unsupported_compression:
    case ErrorCode::unsupported:
    case ErrorCode::policy_violation:
    case ErrorCode::topic_exists:
    case ErrorCode::unknown_group:
    case ErrorCode::unknown_member:
    case ErrorCode::unknown_producer:
    case ErrorCode::offset_out_of_range:
    case ErrorCode::offset_not_available:
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
    case ErrorCode::queue_full:
    case ErrorCode::unknown_lease:
    case ErrorCode::lease_lost:
    case ErrorCode::message_gone:
    case ErrorCode::too_many_leases:
    case ErrorCode::unknown_subscription:
    case ErrorCode::subscription_exists:
    case ErrorCode::unknown_token:
    case ErrorCode::authentication_failed:
    case ErrorCode::not_authorized:
    case ErrorCode::not_found:
    case ErrorCode::internal: return ErrorCode::internal;
    }
    CHECK(false && "an ErrorCode outside the enum");
}

}  // namespace polylog::coordinator
