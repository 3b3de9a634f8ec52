#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "coordinator/group_table.h"
#include "coordinator/requests.h"
#include "io/scope.h"

namespace polylog::coordinator {

// Joining, syncing, staying alive and leaving (Kafka: the classic rebalance protocol), for all
// groups of one table. Lives on its shard.
class GroupMembership {
public:
    explicit GroupMembership(GroupTable& table) : table_(table) {}

    // Begins the sessions of members that were read back.
    void resume();
    // Everyone waiting is told not_coordinator.
    void close();

    // The calls of GroupCoordinator.
    io::Task<JoinAnswer> join(JoinRequest request);
    io::Task<base::Result<Synced>> sync(SyncRequest request);
    base::Result<void> heartbeat(const MemberIdentity& member);
    io::Task<std::vector<base::Result<void>>> leave(std::string group_id,
                                                    std::vector<LeavingMember> members);
    // Who may commit: a member of the current generation, for which that is a sign of life, or
    // anybody while the group is empty.
    base::Result<void> check_commit(ClassicGroup& group, const MemberIdentity& member);

private:
    struct Replaced;  // a static member's old self

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

    GroupTable& table_;
    io::TaskScope scope_;  // assignments being stored; last, so that it goes first
};

}  // namespace polylog::coordinator
