#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "base/slice.h"
#include "io/scope.h"
#include "io/shard.h"
#include "io/signal.h"
#include "model/ids.h"
#include "replication/journal.h"

namespace polylog::coordinator {

// Bounds and timings; the broker's configuration provides them.
struct GroupConfig {
    base::Duration session_timeout_min = std::chrono::seconds(6);
    base::Duration session_timeout_max = std::chrono::minutes(30);
    base::Duration initial_rebalance_delay = std::chrono::seconds(3);
    base::Duration offsets_retention = std::chrono::hours(24 * 7);
    base::Duration expiry_interval = std::chrono::minutes(10);
    size_t offset_metadata_bytes_max = 4096;
    size_t group_size_max = 10'000;  // members of one group
    // Groups of one coordinator; beyond it no new one is made.
    size_t groups_max = base::Limits{}.groups_max;
    // Names and metadata of all protocols that one member offers.
    size_t member_bytes_max = size_t{1} << 20;
};

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

class ClassicGroup;
struct Member;
struct StoredGroup;
// An answer that a member waits for. Shared by the call and the group, so that either may go first:
// a call that is dropped leaves an answer nobody reads, a group that is gone has answered before.
template <class T>
using Promise = std::shared_ptr<io::Completion<T>>;

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
    struct Replaced;  // a static member's old self

    // group_membership.cc
    base::Result<void> check_join(const JoinRequest& request) const;
    bool has_room(const ClassicGroup& group, const std::string& member_id) const;
    JoinAnswer join_new(ClassicGroup& group, JoinRequest request, Promise<JoinAnswer>& promise);
    JoinAnswer join_static(ClassicGroup& group, JoinRequest request, Promise<JoinAnswer>& promise);
    JoinAnswer join_known(ClassicGroup& group, JoinRequest request, Promise<JoinAnswer>& promise);
    io::Task<void> store_replacement(std::string group_id, Replaced replaced);
    void take_back(ClassicGroup& group, Replaced replaced);
    void add_member(ClassicGroup& group, JoinRequest request, std::string member_id,
                    Promise<JoinAnswer>& promise);
    void update_and_rebalance(ClassicGroup& group, Member& member, JoinRequest request,
                              Promise<JoinAnswer>& promise);
    base::Result<Member*> find_member(ClassicGroup& group, const std::string& member_id,
                                      const std::optional<std::string>& instance_id,
                                      int32_t generation);
    base::Result<void> sync_now(const SyncRequest& request, Promise<base::Result<Synced>>& promise);
    io::Task<void> hand_out(std::string group_id, std::map<std::string, base::Slice> assignments);
    io::Task<void> store_empty(std::string group_id);
    base::Result<void> leave_one(ClassicGroup& group, const LeavingMember& leaving);
    void prepare_rebalance(ClassicGroup& group);
    void rebalance_or_complete(ClassicGroup& group);
    void gather_further(const std::string& group_id);
    void complete_join_if_all_joined(ClassicGroup& group);
    void complete_join(ClassicGroup& group);
    void await_members(ClassicGroup& group);
    void await_assignment(ClassicGroup& group);
    void drop_those_who_did_not_sync(const std::string& group_id);
    void refuse_waiting(Member& member, base::ErrorCode reason);
    void expire_member(const std::string& group_id, const std::string& member_id);
    void remove_pending(ClassicGroup& group, const std::string& member_id);
    void restart_session(ClassicGroup& group, Member& member);
    std::string new_member_id(std::string_view prefix);

    // group_offsets.cc
    base::Result<ClassicGroup*> check_commit(const MemberIdentity& member);
    io::Task<std::vector<base::Result<void>>> store_commits(
        std::string group_id, std::vector<OffsetCommit> commits,
        std::vector<base::Result<void>> results);
    std::vector<base::Buffer> capture() const;
    void rewrite_if_grown();
    io::Task<void> rewrite();
    io::Task<void> expire_loop();
    io::Task<void> expire_group(std::string group_id);
    std::vector<TopicPartitionName> expired_offsets(const ClassicGroup& group,
                                                    int64_t now_ms) const;
    io::Task<base::Result<void>> forget(std::string group_id,
                                        std::vector<TopicPartitionName> partitions,
                                        bool whole_group);
    io::Task<base::Result<void>> store_tombstones(std::string group_id,
                                                  std::vector<TopicPartitionName> partitions,
                                                  bool whole_group);

    // group_coordinator.cc
    base::Result<void> available() const;
    base::Result<void> apply(const model::RecordView& record);
    ClassicGroup* find(const std::string& group_id);
    const ClassicGroup* find(const std::string& group_id) const;
    ClassicGroup& find_or_make(const std::string& group_id);
    base::Result<ClassicGroup*> find_or_create(const std::string& group_id);
    io::Task<base::Result<void>> store(std::string group_id, StoredGroup stored);
    io::Task<base::Result<void>> append(base::Buffer batch);
    void refuse_all(ClassicGroup& group, base::ErrorCode reason);
    int64_t now_ms() const;

    io::Shard& shard_;
    std::unique_ptr<replication::Journal> journal_;
    const GroupConfig config_;
    std::map<std::string, std::unique_ptr<ClassicGroup>> groups_;
    bool loaded_ = false;
    std::optional<std::string> load_failure_;  // why the last load() did not succeed
    bool closed_ = false;
    bool rewriting_ = false;
    uint32_t appends_ = 0;  // since the size of the log was last looked at
    io::TaskScope scope_;   // expiry, and everything being stored; last, so that it goes first
};

}  // namespace polylog::coordinator
