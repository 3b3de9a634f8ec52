#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace polylog::base {

// Every way an operation can fail, in neutral words. Each protocol maps the whole enum to its own
// codes in one table without a default, so a new value here fails to compile until every protocol
// answers it.
enum class ErrorCode : int {
    // Requests
    invalid_request,  // the request contradicts itself or lacks what it needs
    invalid_name,     // a topic, group or resource name breaks the naming rules
    invalid_config,   // an unknown configuration key, or a value outside its range
    invalid_partition_count,
    invalid_replication_factor,
    invalid_replica_assignment,
    invalid_timestamp,  // a record's timestamp lies outside what the topic accepts
    invalid_record,     // a record or batch breaks the rules (count, offsets, missing key)
    invalid_session_timeout,
    invalid_acks,  // an acknowledgement level that does not exist
    unsupported_version,
    unsupported_compression,
    unsupported,  // a known operation that this broker does not offer
    message_too_large,
    metadata_too_large,  // an offset commit's metadata string is over its limit
    policy_violation,    // well-formed, but over a cap of this broker
    // Names that lead nowhere, or already exist
    unknown_topic,  // no topic of that name, or no such partition in it
    unknown_topic_id,
    inconsistent_topic_id,  // name and id belong to different incarnations of a topic
    topic_exists,
    unknown_group,
    unknown_member,
    unknown_producer,
    // State of a partition
    not_leader,  // this broker does not lead the partition
    leader_not_available,
    stale_leader_epoch,    // the caller's leader epoch is older than ours
    unknown_leader_epoch,  // the caller's leader epoch is newer than ours
    offset_out_of_range,
    offset_not_available,  // the new leader does not know its high watermark yet
    not_enough_replicas,
    not_enough_replicas_after_append,
    partition_offline,  // its storage failed or is damaged: see the broker's log
    // Idempotent producers
    out_of_order_sequence,
    duplicate_sequence,
    stale_producer_epoch,
    // Groups
    coordinator_loading,
    coordinator_not_available,
    not_coordinator,
    illegal_generation,
    rebalance_in_progress,
    member_id_required,  // join again with the member id in the answer
    inconsistent_group_protocol,
    fenced_instance,  // another member took over this static instance id
    group_max_size_reached,
    non_empty_group,
    group_subscribed_to_topic,
    // Queues
    queue_full,       // it holds as many messages as its owner allows
    unknown_lease,    // there never was such a message or lease in this queue
    lease_lost,       // it ended: the message is ready again, or with somebody else
    message_gone,     // settled before, expired or purged
    too_many_leases,  // of one queue at a time
    // Subscriptions
    unknown_subscription,
    subscription_exists,  // of the same target, with other settings
    unknown_token,        // there never was such a token, or its time is over
    // Identity and permission
    authentication_failed,
    not_authorized,
    // Capacity and environment
    timed_out,
    throttled,  // over a quota, a memory budget or the number of open files: try again later
    disk_full,
    io_failed,  // the operating system refused a read, write or sync
    corrupt,    // bytes do not match their checksum or their format
    damaged,    // storage lost something it had acknowledged: needs an operator
    closed,     // the connection, file or broker is shutting down
    not_found,  // a file or directory that does not exist
    internal,   // a bug: logged where it happened
};

// The enum's own spelling, for logs and command line output.
std::string_view to_string(ErrorCode code);

// A failure: the code decides what happens next, the optional detail tells a person why.
// Two words when copied or moved; creating one without detail never allocates.
class [[nodiscard]] Error {
public:
    Error(ErrorCode code) : code_(code) {}  // NOLINT: implicit, `return ErrorCode::closed;`
    Error(ErrorCode code, std::string detail)
        : code_(code), detail_(std::make_shared<const std::string>(std::move(detail))) {}

    ErrorCode code() const { return code_; }
    // Empty when the code says it all.
    std::string_view detail() const {
        return detail_ ? std::string_view(*detail_) : std::string_view();
    }
    // "code: detail", for logs.
    std::string message() const;

    bool operator==(ErrorCode code) const { return code_ == code; }

private:
    ErrorCode code_;
    std::shared_ptr<const std::string> detail_;
};

}  // namespace polylog::base
