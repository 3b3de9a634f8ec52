#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "base/time.h"
#include "model/ids.h"

// What members, consumers and administrators ask a coordinator, and what they are told. Values:
// they travel between shards with the calls.
namespace polylog::coordinator {

// A way to divide partitions that a member knows ("range"), and what it says under it.
struct MemberProtocol {
    std::string name;
    // Opaque to the coordinator, but for the topics in a consumer's subscription.
    base::Slice metadata;
};

// A member that wants to be part of the next generation.
struct JoinRequest {
    std::string group_id;
    std::string member_id;                   // empty on a first join
    std::optional<std::string> instance_id;  // static membership (KIP-345)
    std::string client_id;
    std::string client_host;
    base::Duration session_timeout{};
    base::Duration rebalance_timeout{};
    std::string protocol_type;
    std::vector<MemberProtocol> protocols;  // in the member's order of preference
    bool member_id_required = false;        // the client understands member_id_required (KIP-394)
    bool supports_skip_assignment = false;  // (KIP-814)
};

// A member as the leader sees it, to assign it its part.
struct JoinedMember {
    std::string member_id;
    std::optional<std::string> instance_id;
    base::Slice metadata;
};

// The generation a member has become part of.
struct Joined {
    int32_t generation = -1;
    std::string protocol_type;
    std::string protocol_name;
    std::string leader_id;
    std::string member_id;
    bool skip_assignment = false;
    std::vector<JoinedMember> members;  // for the leader only
};

// A failed join that still tells the client its member id (member_id_required).
struct JoinAnswer {
    base::Result<Joined> joined;
    std::string member_id;
};

// A member that asks for its part; the leader brings everybody's.
struct SyncRequest {
    std::string group_id;
    std::string member_id;
    std::optional<std::string> instance_id;
    int32_t generation = -1;
    std::optional<std::string> protocol_type;  // checked when present
    std::optional<std::string> protocol_name;
    std::map<std::string, base::Slice> assignments;  // from the leader, by member id
};

// The part a member got.
struct Synced {
    std::string protocol_type;
    std::string protocol_name;
    base::Slice assignment;
};

// A member as it identifies itself on every later call.
struct MemberIdentity {
    std::string group_id;
    std::string member_id;
    std::optional<std::string> instance_id;
    int32_t generation = -1;
};

// One of those who leave: known by its id, or a static one by its instance id alone.
struct LeavingMember {
    std::string member_id;
    std::optional<std::string> instance_id;
};

// Offsets are kept by the topic's name, as in Kafka: its record layout has nothing else.
struct TopicPartitionName {
    std::string topic;
    model::PartitionIndex partition;
    auto operator<=>(const TopicPartitionName&) const = default;
};

// How far a group has come in one partition; `offset` is the next to read.
struct CommittedOffset {
    model::Offset offset{-1};
    model::LeaderEpoch leader_epoch = model::kNoLeaderEpoch;
    std::string metadata;
    int64_t commit_timestamp_ms = -1;
    // When it expires, as old clients could say (OffsetCommit up to version 4); -1: as configured.
    int64_t expire_timestamp_ms = -1;

    bool operator==(const CommittedOffset&) const = default;
};

// One partition's part of a commit; the coordinator fills in the timestamps.
struct OffsetCommit {
    TopicPartitionName partition;
    CommittedOffset committed;
};

// What administrators are told about a member.
struct MemberDescription {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::string client_id;
    std::string client_host;
    base::Slice metadata;  // of the protocol in use; empty while the group is not stable
    base::Slice assignment;
};

// Kafka's states of a classic group.
enum class GroupState : uint8_t { empty, preparing_rebalance, completing_rebalance, stable, dead };

// What administrators are told about a group.
struct GroupDescription {
    std::string group_id;
    GroupState state{};
    std::string protocol_type;
    std::string protocol_name;
    std::vector<MemberDescription> members;
};

// The same for all groups at once.
struct GroupListing {
    std::string group_id;
    std::string protocol_type;
    GroupState state{};
};

}  // namespace polylog::coordinator
