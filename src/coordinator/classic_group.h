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
    bool is_new = false;                    // joining for the first time: gets a longer session
    bool skips_assignment = false;          // understands KIP-814
    Promise<JoinAnswer> joining;            // waits for the generation to begin
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

    // Whether someone with these protocols could agree with everybody who is in.
    bool accepts(const std::string& protocol_type,
                 const std::vector<MemberProtocol>& protocols) const;
    Member& add(std::unique_ptr<Member> member, const std::string& protocol_type);
    // Gives a static member a new id; the old one is fenced from here on.
    Member& replace_static(const std::string& instance_id, std::string new_member_id);
    void remove(const std::string& member_id);
    // Members promised an id that have not come back with it yet (KIP-394).
    std::map<std::string, std::unique_ptr<io::Timer>>& pending() { return pending_; }

    bool all_joined() const;
    size_t joined_count() const;
    base::Duration rebalance_timeout() const;  // the longest of the members'
    // Makes the leader one of those who have joined. False when nobody has.
    bool elect_leader();
    // Begins the next generation with those who are in: their common protocol is chosen by vote.
    void begin_generation();
    void set_assignments(const std::map<std::string, base::Slice>& assignments);

    Joined joined_view(const Member& member) const;  // with all members for the leader
    GroupDescription describe() const;
    StoredGroup stored() const;
    void restore(const StoredGroup& stored, int64_t now_ms);
    // The topics that some member reads; nothing when that cannot be told (another protocol type).
    std::optional<std::set<std::string>> subscribed() const;

    std::map<TopicPartitionName, CommittedOffset>& offsets() { return offsets_; }
    const std::map<TopicPartitionName, CommittedOffset>& offsets() const { return offsets_; }

    // Timers of the group as a whole, armed by the coordinator.
    io::Timer gathering;              // ends the wait for members to join
    io::Timer assigning;              // ends the wait for members to sync
    base::Duration gathering_left{};  // how much longer an initial gathering may be extended
    bool joined_while_gathering = false;

private:
    std::string choose_protocol() const;

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
    std::map<TopicPartitionName, CommittedOffset> offsets_;
};

}  // namespace polylog::coordinator
