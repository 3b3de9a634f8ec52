#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/group_records.h"
#include "coordinator/members.h"
#include "coordinator/requests.h"
#include "io/timer.h"

namespace polylog::coordinator {

// The topics that a generation's members read, as far as their metadata tells: that of consumers
// can be understood (coordinator/consumer_protocol.h), anything else is opaque.
class Subscriptions {
public:
    // Before the first generation nothing is known but what kind of group it is going to be.
    void expect(const std::string& protocol_type);
    // Of a new generation.
    void read(const std::string& protocol_type, const std::string& protocol_name,
              const Members& members);
    // Whether somebody may be reading the topic. A group of consumers that cannot be understood may
    // read anything.
    bool may_include(const std::string& topic) const;
    // They are consumers' and could be read.
    bool known() const { return topics_.has_value(); }

private:
    bool consumers_ = false;
    std::optional<std::set<std::string>> topics_;
};

// What a group has committed.
struct CommittedOffsets {
    std::map<TopicPartitionName, CommittedOffset> committed;
    // Commits on their way into the log, by partition: not in `committed` yet, and not to be taken
    // for gone.
    std::map<TopicPartitionName, uint32_t> under_way;

    bool none() const { return committed.empty() && under_way.empty(); }
};

// How the next generation comes about, while it does. Armed and read by GroupMembership.
struct Rebalance {
    io::Timer gathering;  // ends the wait for members to join
    io::Timer assigning;  // ends the wait for members to sync
    // The first gathering of a group that was empty runs its time even when everybody it knows of
    // is there: others may be about to join.
    bool gathers_initially = false;
    base::Duration gathering_left{};  // how much longer such a gathering may be extended
    bool joined_while_gathering = false;
    int32_t handing_out = -1;  // the generation whose assignment is on its way into the log
    // Members promised an id that have not come back with it yet (KIP-394), until their time is up.
    std::map<std::string, std::unique_ptr<io::Timer>> promised;
};

// A classic consumer group: who is in it, which generation they agreed on, in which state it is
// (Kafka: "Consumer Rebalance Protocol", client-side assignment), and what it has committed. Knows
// the rules of a generation, not the passing of time. Lives on the coordinator's shard.
class ClassicGroup {
public:
    explicit ClassicGroup(std::string id) : id_(std::move(id)) {}

    const std::string& id() const { return id_; }
    GroupState state() const { return state_; }
    void set_state(GroupState state, int64_t now_ms);
    // Unix milliseconds.
    int64_t state_since_ms() const { return state_since_ms_; }
    int32_t generation() const { return generation_; }
    // Empty for a group that only ever committed.
    const std::string& protocol_type() const { return protocol_type_; }
    const std::string& protocol_name() const { return protocol_name_; }
    const Subscriptions& subscriptions() const { return subscriptions_; }

    // Whether someone with these protocols could agree with everybody who is in; in an empty group
    // with anybody to come.
    bool accepts(const std::string& protocol_type,
                 const std::vector<MemberProtocol>& protocols) const;
    // The first member decides the group's protocol type.
    Member& add(std::unique_ptr<Member> member, const std::string& protocol_type);
    // Begins the next generation with those who are in: their common protocol is chosen by vote.
    void begin_generation();

    Joined joined_view(const Member& member) const;  // with all members for the leader
    GroupDescription describe() const;

    // As it is now, with the assignments it has.
    StoredGroup to_stored() const;
    void restore(const StoredGroup& stored, int64_t now_ms);

    Members members;
    Rebalance rebalance;
    CommittedOffsets offsets;
    // What the log says of the group; nothing when it says nothing. Between the beginning of a
    // generation and its assignment that is the one before.
    std::optional<StoredGroup> in_log;

private:
    const std::string id_;
    GroupState state_ = GroupState::empty;
    int64_t state_since_ms_ = -1;
    int32_t generation_ = 0;
    std::string protocol_type_;
    std::string protocol_name_;
    Subscriptions subscriptions_;  // as of the generation's beginning
};

}  // namespace polylog::coordinator
