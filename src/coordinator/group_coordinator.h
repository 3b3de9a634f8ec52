#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "coordinator/group_config.h"
#include "coordinator/requests.h"
#include "io/shard.h"
#include "replication/journal.h"

namespace polylog::coordinator {

// The groups whose ids fall to one partition of the offsets topic: classic membership (join, sync,
// heartbeat, leave, static members) and committed offsets, kept durable in that partition. Records
// there have Kafka's own layout (docs/formats/consumer-offsets.md), so that other tools read them.
// Lives on the partition's shard.
//
// Until load() is done every call answers coordinator_loading; once it has failed, and until it is
// called again and succeeds, coordinator_not_available with the reason. After close() calls answer
// not_coordinator, and everyone waiting is told so.
class GroupCoordinator {
public:
    GroupCoordinator(io::Shard& shard, std::unique_ptr<replication::Journal> journal,
                     GroupConfig config);
    ~GroupCoordinator();

    // Reads the groups back; called until it succeeds, and not again. Errors: those of
    // replication::Journal::replay, corrupt or unsupported_version (a record that is not
    // understood).
    io::Task<base::Result<void>> load();
    // Idempotent. What is being stored may or may not become durable.
    void close();

    // Waits until the group has gathered (at most the rebalance timeout). Errors:
    // src/coordinator/README.md, for this and all calls of members.
    io::Task<JoinAnswer> join(JoinRequest request);
    // Waits for the leader's assignment.
    io::Task<base::Result<Synced>> sync(SyncRequest request);
    // Restarts the member's session, and tells it to join again (rebalance_in_progress).
    base::Result<void> heartbeat(const MemberIdentity& member);
    // One result per member, in order.
    io::Task<std::vector<base::Result<void>>> leave(std::string group_id,
                                                    std::vector<LeavingMember> members);

    // Durable when it returns; one result per commit, in order. Generation -1 commits for an empty
    // group, or for one that manages its own partitions. `retention`: expire so long from now,
    // whatever is configured. Errors, beside those of membership: unknown_group (a generation of a
    // group that does not exist), metadata_too_large, policy_violation (too many groups).
    io::Task<std::vector<base::Result<void>>> commit(
        MemberIdentity member, std::vector<OffsetCommit> commits,
        std::optional<base::Duration> retention = std::nullopt);
    // No entry where nothing was committed. All of the group's when `wanted` is absent.
    base::Result<std::map<TopicPartitionName, CommittedOffset>> committed(
        const std::string& group_id,
        const std::optional<std::vector<TopicPartitionName>>& wanted) const;
    // Errors per partition: group_subscribed_to_topic; for the call: unknown_group, non_empty_group
    // (a group with members of another protocol type).
    io::Task<base::Result<std::vector<base::Result<void>>>> delete_offsets(
        std::string group_id, std::vector<TopicPartitionName> partitions);

    // unknown_group when there is none.
    base::Result<GroupDescription> describe(const std::string& group_id) const;
    base::Result<std::vector<GroupListing>> list() const;
    // Errors: unknown_group, non_empty_group (in any state but empty).
    io::Task<base::Result<void>> delete_group(std::string group_id);
    // What the groups and their offsets take, about. Goes through all of them.
    uint64_t live_bytes() const;
    // Forgets the offsets of deleted topics.
    io::Task<base::Result<void>> forget_topics(std::vector<std::string> topics);

private:
    struct Parts;
    const std::unique_ptr<Parts> parts_;  // table, membership and offsets
};

}  // namespace polylog::coordinator
