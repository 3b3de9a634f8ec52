#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "base/time.h"
#include "coordinator/requests.h"
#include "io/signal.h"
#include "io/timer.h"

namespace polylog::coordinator {

// An answer that a member waits for. Shared by the call and the group, so that either may go first:
// a call that is dropped leaves an answer nobody reads, a group that is gone has answered before.
template <class T>
using Promise = std::shared_ptr<io::Completion<T>>;

// One member of a classic group, as it described itself when it joined, and what it waits for.
struct Member {
    std::string id;
    std::optional<std::string> instance_id;
    std::string client_id;
    std::string client_host;
    base::Duration session_timeout{};
    base::Duration rebalance_timeout{};
    std::vector<MemberProtocol> protocols;  // by preference; changed by Members::set_protocols
    base::Slice assignment;
    bool is_new = false;            // joining for the first time: gets a session of its own
    bool skips_assignment = false;  // understands KIP-814
    bool owes_sync = false;         // has been told the generation, and has not asked for its part
    Promise<JoinAnswer> joining;    // waits for the generation to begin
    Promise<base::Result<Synced>> syncing;  // waits for its assignment
    io::Timer session;                      // runs while the member owes a sign of life

    // Empty when the member does not know the protocol.
    const base::Slice& metadata(const std::string& protocol) const;
    // Equal in names, order and metadata.
    bool has_protocols(const std::vector<MemberProtocol>& others) const;
};

// Who is in a group: members by their ids, static ones also by their instance ids (KIP-345), the
// one that leads, and which protocols they have in common. Lives on the coordinator's shard.
class Members {
public:
    // In the order of their ids.
    const std::map<std::string, std::unique_ptr<Member>>& all() const { return by_id_; }
    // Null when there is none.
    Member* find(const std::string& member_id) const;
    // The member id that a static instance has now.
    std::optional<std::string> static_member(const std::string& instance_id) const;

    // The first one leads.
    Member& add(std::unique_ptr<Member> member);
    // Gives a static member a new id; the old one is fenced from here on.
    Member& replace_static(const std::string& instance_id, std::string new_member_id);
    // Another takes the lead if need be: rather one who has joined.
    void remove(const std::string& member_id);

    const std::string& leader_id() const { return leader_id_; }
    bool is_leader(const Member& member) const { return member.id == leader_id_; }
    void set_leader(std::string member_id) { leader_id_ = std::move(member_id); }
    // Makes the leader one of those who have joined. False when nobody has.
    bool elect_leader();

    void set_protocols(Member& member, std::vector<MemberProtocol> protocols);
    bool all_support(std::string_view protocol) const;
    // The protocol that the members agree on now, by vote; empty without members.
    std::string vote() const;

    size_t joined_count() const;
    bool all_synced() const;

private:
    void count_protocols(const Member& member, int change);

    std::map<std::string, std::unique_ptr<Member>> by_id_;
    std::map<std::string, std::string> static_ids_;  // instance id -> member id
    std::string leader_id_;
    // How many members know each protocol: asked at every join, whatever the group's size.
    std::map<std::string, size_t, std::less<>> supporters_;
};

}  // namespace polylog::coordinator
