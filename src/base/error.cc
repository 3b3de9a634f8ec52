#include "base/error.h"

#include "base/check.h"

namespace polylog::base {

std::string_view to_string(ErrorCode code) {
    switch (code) {
#define CASE(name) \
    case ErrorCode::name: return #name
        CASE(invalid_request);
        CASE(invalid_name);
        CASE(invalid_config);
        CASE(invalid_partition_count);
        CASE(invalid_replication_factor);
        CASE(invalid_replica_assignment);
        CASE(invalid_timestamp);
        CASE(invalid_record);
        CASE(invalid_session_timeout);
        CASE(invalid_acks);
        CASE(unsupported_version);
        CASE(unsupported_compression);
        CASE(unsupported);
        CASE(message_too_large);
        CASE(metadata_too_large);
        CASE(policy_violation);
        CASE(unknown_topic);
        CASE(unknown_topic_id);
        CASE(inconsistent_topic_id);
        CASE(topic_exists);
        CASE(unknown_group);
        CASE(unknown_member);
        CASE(unknown_producer);
        CASE(not_leader);
        CASE(leader_not_available);
        CASE(stale_leader_epoch);
        CASE(unknown_leader_epoch);
        CASE(offset_out_of_range);
        CASE(offset_not_available);
        CASE(not_enough_replicas);
        CASE(not_enough_replicas_after_append);
        CASE(partition_offline);
        CASE(out_of_order_sequence);
        CASE(duplicate_sequence);
        CASE(stale_producer_epoch);
        CASE(coordinator_loading);
        CASE(coordinator_not_available);
        CASE(not_coordinator);
        CASE(illegal_generation);
        CASE(rebalance_in_progress);
        CASE(member_id_required);
        CASE(inconsistent_group_protocol);
        CASE(fenced_instance);
        CASE(group_max_size_reached);
        CASE(non_empty_group);
        CASE(group_subscribed_to_topic);
        CASE(queue_full);
        CASE(unknown_lease);
        CASE(lease_lost);
        CASE(message_gone);
        CASE(too_many_leases);
        CASE(unknown_subscription);
        CASE(subscription_exists);
        CASE(unknown_token);
        CASE(authentication_failed);
        CASE(not_authorized);
        CASE(timed_out);
        CASE(throttled);
        CASE(disk_full);
        CASE(io_failed);
        CASE(corrupt);
        CASE(damaged);
        CASE(closed);
        CASE(not_found);
        CASE(internal);
#undef CASE
    }
    CHECK(false && "an ErrorCode outside the enum");
}

std::string Error::message() const {
    std::string text(to_string(code_));
    if (detail_) text.append(": ").append(*detail_);
    return text;
}

}  // namespace polylog::base
