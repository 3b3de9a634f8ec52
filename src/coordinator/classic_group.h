#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "coordinator/group_coordinator.h"
#include "coordinator/group_records.h"
#include "io/signal.h"
#include "io/timer.h"

namespace polylog::coordinator {

struct Member {
    std::string id;
    std::optional<std::string> instance_id;
    std::string client_id;
    std::string client_host;
    base::Duration session_timeout{};
    base::Duration rebalance_timeout{};
    std::vector<MemberProtocol> protocols;  // in the member's order of preference
    base::Slice assignment;
    bool is_new = false;            // joining for the first time: gets a session of its own
    bool skips_assignment = false;  // understands KIP-814
    bool owes_sync = false;         // has been told the generation, and has not asked for its part
    Promise<JoinAnswer> joining;    // waits for the generation to begin
    Promise<base::Result<Synced>> syncing;  // waits for its assignment
    io::Timer session;                      // runs while the member owes a sign of life

    bool supports(const std::string& protocol) const;
    const base::Slice& metadata(const std::string& protocol) const;
    bool has_protocols(
        const std::vector<MemberProtocol>& others) const;  // equal in names, order and metadata
};

// A classic consumer group: who is in it, which generation they agreed on, and in which state it is
// (Kafka: "Consumer Rebalance Protocol", client-side assignment). Knows the rules of membership,
// not the passing of time: timers are armed by GroupCoordinator. Lives on the coordinator's shard.
class ClassicGroup {
public:
    explicit ClassicGroup(std::string id) : id_(std::move(id)) {}

    const std::string& id() const { return id_; }
    GroupState state() const { return state_; }
    void set_state(GroupState state, int64_t now_ms);
    int64_t state_since_ms() const { return state_since_ms_; }
    int32_t generation() const { return generation_; }
    const std::string& protocol_type() const { return protocol_type_; }
    const std::string& protocol_name() const { return protocol_name_; }
    const std::string& leader_id() const { return leader_id_; }
    bool is_leader(const Member& member) const { return member.id == leader_id_; }

    // Null when there is none.
    Member* find(const std::string& member_id);
    const std::map<std::string, std::unique_ptr<Member>>& members() const { return members_; }
    // The member id that a static instance has now.
    std::optional<std::string> static_member(const std::string& instance_id) const;

    // Whether someone with these protocols could agree with everybody who is in; in an empty group
    // with anybody to come.
    bool accepts(const std::string& protocol_type,
                 const std::vector<MemberProtocol>& protocols) const;
    Member& add(std::unique_ptr<Member> member, const std::string& protocol_type);
    // Gives a static member a new id; the old one is fenced from here on.
    Member& replace_static(const std::string& instance_id, std::string new_member_id);
    void remove(const std::string& member_id);
    // Members promised an id that have not come back with it yet (KIP-394).
    std::map<std::string, std::unique_ptr<io::Timer>>& pending() { return pending_; }
    const std::map<std::string, std::unique_ptr<io::Timer>>& pending() const { return pending_; }

    bool all_joined() const;
    size_t joined_count() const;
    bool all_synced() const;
    base::Duration rebalance_timeout() const;  // the longest of the members'
    // The protocol that the members would agree on now, by vote; empty without members.
    std::string choose_protocol() const;
    // Makes the leader one of those who have joined. False when nobody has.
    bool elect_leader();
    // Begins the next generation with those who are in: their common protocol is chosen by vote.
    void begin_generation();
    void set_assignments(const std::map<std::string, base::Slice>& assignments);

    Joined joined_view(const Member& member) const;  // with all members for the leader
    GroupDescription describe() const;
    // Whether somebody may be reading the topic, as far as this generation's subscriptions tell. A
    // group of consumers that cannot be understood may read anything.
    bool may_read(const std::string& topic) const;
    // The subscriptions of this generation are consumers' and could be read.
    bool knows_topics() const { return subscribed_.has_value(); }

    // As it is now, with the assignments it has.
    StoredGroup to_stored() const;
    void restore(const StoredGroup& stored, int64_t now_ms);
    // What the log says of the group; nothing when it says nothing. Between the beginning of a
    // generation and its assignment that is the one before.
    const std::optional<StoredGroup>& in_log() const { return in_log_; }
    void set_in_log(std::optional<StoredGroup> stored) { in_log_ = std::move(stored); }

    std::map<TopicPartitionName, CommittedOffset>& offsets() { return offsets_; }
    const std::map<TopicPartitionName, CommittedOffset>& offsets() const { return offsets_; }
    // Commits on their way into the log, by partition: not in offsets() yet, and not to be taken
    // for gone.
    std::map<TopicPartitionName, uint32_t>& committing() { return committing_; }
    const std::map<TopicPartitionName, uint32_t>& committing() const { return committing_; }

    // Timers of the group as a whole, armed by the coordinator.
    io::Timer gathering;  // ends the wait for members to join
    io::Timer assigning;  // ends the wait for members to sync
    // The first gathering of a group that was empty runs its time even when everybody it knows of
    // is there: others may be about to join.
    bool gathers_initially = false;
    base::Duration gathering_left{};  // how much longer such a gathering may be extended
    bool joined_while_gathering = false;
    int32_t handing_out = -1;  // the generation whose assignment is on its way into the log

private:
    void read_subscriptions();

    const std::string id_;
    GroupState state_ = GroupState::empty;
    int64_t state_since_ms_ = -1;
    int32_t generation_ = 0;
    std::string protocol_type_;
    std::string protocol_name_;
    std::string leader_id_;
    std::map<std::string, std::unique_ptr<Member>> members_;
    std::map<std::string, std::string> static_members_;  // instance id -> member id
    std::map<std::string, std::unique_ptr<io::Timer>> pending_;
    std::optional<std::set<std::string>> subscribed_;  // as of the generation's beginning
    std::optional<StoredGroup> in_log_;
    std::map<TopicPartitionName, CommittedOffset> offsets_;
    std::map<TopicPartitionName, uint32_t> committing_;
};

}  // namespace polylog::coordinator
