#include <fmt/core.h>

#include <algorithm>

#include "base/logging.h"
#include "coordinator/classic_group.h"
#include "coordinator/group_coordinator.h"

// Joining, syncing, staying alive and leaving (Kafka: the classic rebalance protocol).
namespace polylog::coordinator {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

namespace {

const base::Logger kLogger("groups");

// A member that joins for the first time may wait long for the others without being able to
// heartbeat.
constexpr base::Duration kNewMemberSession = std::chrono::minutes(5);

JoinAnswer refuse_join(ErrorCode code, std::string member_id) {
    return {.joined = fail(code), .member_id = std::move(member_id)};
}

// The answer is not known yet: wait for the promise.
JoinAnswer wait_for_generation() {
    return {.joined = fail(ErrorCode::rebalance_in_progress), .member_id = {}};
}

void answer(Promise<JoinAnswer>& promise, JoinAnswer join_answer) {
    if (promise) std::exchange(promise, nullptr)->complete(std::move(join_answer));
}

void answer(Promise<Result<Synced>>& promise, Result<Synced> synced) {
    if (promise) std::exchange(promise, nullptr)->complete(std::move(synced));
}

// What a member tells about itself, kept beyond the request it came in: copies do not hold that
// whole frame.
void take_over(Member& member, JoinRequest request) {
    member.client_id = std::move(request.client_id);
    member.client_host = std::move(request.client_host);
    member.session_timeout = request.session_timeout;
    member.rebalance_timeout = request.rebalance_timeout;
    member.skips_assignment = request.supports_skip_assignment;
    member.protocols.clear();
    for (MemberProtocol& protocol : request.protocols) {
        member.protocols.push_back({.name = std::move(protocol.name),
                                    .metadata = base::Slice::copy_of(protocol.metadata.bytes())});
    }
}

Promise<JoinAnswer>& promised(Promise<JoinAnswer>& promise) {
    promise = std::make_shared<io::Completion<JoinAnswer>>();
    return promise;
}

}  // namespace

Task<JoinAnswer> GroupCoordinator::join(JoinRequest request) {
    std::string member_id = request.member_id;
    if (const auto checked = check_join(request); !checked) {
        co_return refuse_join(checked.error().code(), std::move(member_id));
    }
    ClassicGroup* group = find(request.group_id);
    if (!group) {
        if (!member_id.empty())
            co_return refuse_join(ErrorCode::unknown_member, std::move(member_id));
        group = &find_or_make(request.group_id);
    }
    if (!group->accepts(request.protocol_type, request.protocols)) {
        co_return refuse_join(ErrorCode::inconsistent_group_protocol, std::move(member_id));
    }
    Promise<JoinAnswer> promise;
    JoinAnswer now;
    if (!member_id.empty()) {
        now = join_known(*group, std::move(request), promise);
    } else if (request.instance_id) {
        now = join_static(*group, std::move(request), promise);
    } else {
        now = join_new(*group, std::move(request), promise);
    }
    if (!promise) co_return now;
    co_return co_await *promise;
}

Result<void> GroupCoordinator::check_join(const JoinRequest& request) const {
    TRY_VOID(available());
    if (request.group_id.empty()) return fail(ErrorCode::invalid_name);
    if (request.session_timeout < config_.session_timeout_min ||
        request.session_timeout > config_.session_timeout_max) {
        return fail(ErrorCode::invalid_session_timeout);
    }
    const auto group = groups_.find(request.group_id);
    const bool full = group != groups_.end() && request.member_id.empty() && !request.instance_id &&
                      group->second->members().size() + group->second->pending().size() >=
                          config_.group_size_max;
    if (full) return fail(ErrorCode::group_max_size_reached);
    return {};
}

// A dynamic member without an id.
JoinAnswer GroupCoordinator::join_new(ClassicGroup& group, JoinRequest request,
                                      Promise<JoinAnswer>& promise) {
    std::string member_id = new_member_id(request.client_id);
    if (!request.member_id_required) {
        add_member(group, std::move(request), std::move(member_id), promised(promise));
        return wait_for_generation();
    }
    auto& timer = group.pending()[member_id];
    timer = std::make_unique<io::Timer>();
    timer->arm(shard_.now() + request.session_timeout, [this, group_id = group.id(), member_id] {
        if (ClassicGroup* still = find(group_id)) remove_pending(*still, member_id);
    });
    return refuse_join(ErrorCode::member_id_required, std::move(member_id));
}

// A static member without an id: new, or restarted and taking its old place.
JoinAnswer GroupCoordinator::join_static(ClassicGroup& group, JoinRequest request,
                                         Promise<JoinAnswer>& promise) {
    const std::string instance_id = *request.instance_id;
    std::string member_id = new_member_id(instance_id);
    const auto current_id = group.static_member(instance_id);
    if (!current_id) {
        add_member(group, std::move(request), std::move(member_id), promised(promise));
        return wait_for_generation();
    }
    Member& replaced = *group.find(*current_id);
    answer(replaced.joining, refuse_join(ErrorCode::fenced_instance, *current_id));
    answer(replaced.syncing, fail(ErrorCode::fenced_instance));
    const bool same_protocols = replaced.has_protocols(request.protocols);
    const bool was_leader = group.is_leader(replaced);
    Member& member = group.replace_static(instance_id, std::move(member_id));
    const bool keeps_generation = group.state() == GroupState::stable && same_protocols;
    if (!keeps_generation) {
        update_and_rebalance(group, member, std::move(request), promised(promise));
        return wait_for_generation();
    }
    take_over(member, std::move(request));
    restart_session(group, member);
    // Kept, so that a restarted broker knows the new id; the answer does not wait for it.
    scope_.spawn(store_replacement(group.id()));
    Joined joined = group.joined_view(member);
    if (was_leader && !member.skips_assignment) {
        // Without KIP-814 a leader would assign again: it is told somebody else leads.
        joined.leader_id = *current_id;
        joined.members.clear();
    }
    joined.skip_assignment = was_leader && member.skips_assignment;
    std::string new_id = member.id;
    return {.joined = std::move(joined), .member_id = std::move(new_id)};
}

Task<void> GroupCoordinator::store_replacement(std::string group_id) {
    const auto stored = co_await store(*find(group_id));
    if (!stored) {
        kLogger.warn("group_not_stored", "a static member's new id is not durable",
                     {{"group", group_id}, {"err", stored.error()}});
    }
}

// A member with an id: one that was promised it, or one that is in and joins again.
JoinAnswer GroupCoordinator::join_known(ClassicGroup& group, JoinRequest request,
                                        Promise<JoinAnswer>& promise) {
    std::string member_id = request.member_id;
    if (group.pending().contains(member_id)) {
        add_member(group, std::move(request), std::move(member_id), promised(promise));
        return wait_for_generation();
    }
    const auto found = find_member(group, member_id, request.instance_id, -1);
    if (!found) return refuse_join(found.error().code(), std::move(member_id));
    Member& member = **found;
    const bool same_protocols = member.has_protocols(request.protocols);
    const bool current_generation_will_do = same_protocols &&
                                            (group.state() == GroupState::completing_rebalance ||
                                             (group.state() == GroupState::stable &&
                                              !group.is_leader(member)));
    if (current_generation_will_do) {
        take_over(member, std::move(request));
        restart_session(group, member);
        return {.joined = group.joined_view(member), .member_id = std::move(member_id)};
    }
    if (group.state() == GroupState::empty || group.state() == GroupState::dead) {
        return refuse_join(ErrorCode::unknown_member, std::move(member_id));
    }
    update_and_rebalance(group, member, std::move(request), promised(promise));
    return wait_for_generation();
}

void GroupCoordinator::add_member(ClassicGroup& group, JoinRequest request, std::string member_id,
                                  Promise<JoinAnswer>& promise) {
    auto member = std::make_unique<Member>();
    member->id = std::move(member_id);
    member->instance_id = request.instance_id;
    member->is_new = true;
    member->joining = promise;
    const std::string protocol_type = request.protocol_type;
    take_over(*member, std::move(request));
    Member& added = group.add(std::move(member), protocol_type);
    group.joined_while_gathering = true;
    restart_session(group, added);
    prepare_rebalance(group);
}

void GroupCoordinator::update_and_rebalance(ClassicGroup& group, Member& member,
                                            JoinRequest request, Promise<JoinAnswer>& promise) {
    // The same member may ask twice, after a lost connection: the first request is answered too.
    answer(member.joining, refuse_join(ErrorCode::rebalance_in_progress, member.id));
    member.joining = promise;
    take_over(member, std::move(request));
    restart_session(group, member);
    prepare_rebalance(group);
}

Result<Member*> GroupCoordinator::find_member(ClassicGroup& group, const std::string& member_id,
                                              const std::optional<std::string>& instance_id,
                                              int32_t generation) {
    if (instance_id) {
        const auto current = group.static_member(*instance_id);
        if (!current) return fail(ErrorCode::unknown_member);
        if (*current != member_id) return fail(ErrorCode::fenced_instance);
    }
    Member* member = group.find(member_id);
    if (!member) return fail(ErrorCode::unknown_member);
    if (generation >= 0 && generation != group.generation())
        return fail(ErrorCode::illegal_generation);
    return member;
}

// Begins to gather the members of the next generation, if that has not begun.
void GroupCoordinator::prepare_rebalance(ClassicGroup& group) {
    if (group.state() == GroupState::preparing_rebalance) {
        // An initial gathering runs its time even when everybody it knows of is there.
        if (group.gathering_left == base::Duration::zero()) complete_join_if_all_joined(group);
        return;
    }
    for (const auto& [id, member] : group.members()) {
        answer(member->syncing, fail(ErrorCode::rebalance_in_progress));
    }
    group.assigning.disarm();
    const bool was_empty = group.state() == GroupState::empty;
    group.set_state(GroupState::preparing_rebalance, now_ms());
    if (was_empty && config_.initial_rebalance_delay > base::Duration::zero()) {
        const base::Duration delay = config_.initial_rebalance_delay;
        group.gathering_left = std::max(group.rebalance_timeout() - delay, base::Duration(1));
        group.joined_while_gathering = false;
        group.gathering.arm(shard_.now() + delay, [this, id = group.id()] { gather_further(id); });
        return;
    }
    group.gathering_left = base::Duration::zero();
    group.gathering.arm(shard_.now() + group.rebalance_timeout(), [this, id = group.id()] {
        if (ClassicGroup* still = find(id)) complete_join(*still);
    });
    complete_join_if_all_joined(group);
}

// The initial delay is over: if somebody joined during it, others may be about to.
void GroupCoordinator::gather_further(const std::string& group_id) {
    ClassicGroup* group = find(group_id);
    if (!group) return;
    const bool extend = group->joined_while_gathering && group->gathering_left > base::Duration(1);
    if (!extend) {
        group->gathering_left = base::Duration::zero();
        complete_join(*group);
        return;
    }
    const base::Duration delay = std::min(config_.initial_rebalance_delay, group->gathering_left);
    group->gathering_left -= delay;
    if (group->gathering_left <= base::Duration::zero()) group->gathering_left = base::Duration(1);
    group->joined_while_gathering = false;
    group->gathering.arm(shard_.now() + delay, [this, id = group_id] { gather_further(id); });
}

void GroupCoordinator::complete_join_if_all_joined(ClassicGroup& group) {
    if (group.state() == GroupState::preparing_rebalance && group.all_joined())
        complete_join(group);
}

// Begins the generation with those who have joined. Dynamic members who have not are dropped;
// static ones are kept until their session ends.
void GroupCoordinator::complete_join(ClassicGroup& group) {
    std::vector<std::string> absent;
    for (const auto& [id, member] : group.members()) {
        if (!member->joining && !member->instance_id) absent.push_back(id);
    }
    for (const std::string& id : absent) group.remove(id);
    if (!group.members().empty() && !group.elect_leader()) {
        // Only static members that are away are left: their sessions decide.
        group.gathering.arm(shard_.now() + group.rebalance_timeout(), [this, id = group.id()] {
            if (ClassicGroup* still = find(id)) complete_join(*still);
        });
        return;
    }
    group.gathering.disarm();
    group.begin_generation();
    if (group.members().empty()) {
        group.set_state(GroupState::empty, now_ms());
        std::map<std::string, base::Slice> nobody;
        scope_.spawn(hand_out(group.id(), std::move(nobody)));
        return;
    }
    group.set_state(GroupState::completing_rebalance, now_ms());
    kLogger.info("group_rebalanced", "a group begins a generation",
                 {{"group", group.id()},
                  {"gen", group.generation()},
                  {"members", group.members().size()}});
    for (const auto& [id, member] : group.members()) {
        member->is_new = false;
        answer(member->joining, {.joined = group.joined_view(*member), .member_id = id});
        restart_session(group, *member);
    }
    await_assignment(group);
}

void GroupCoordinator::await_assignment(ClassicGroup& group) {
    group.assigning.arm(shard_.now() + group.rebalance_timeout(),
                        [this, id = group.id()] { drop_those_who_did_not_sync(id); });
}

void GroupCoordinator::drop_those_who_did_not_sync(const std::string& group_id) {
    ClassicGroup* group = find(group_id);
    if (!group || group->state() != GroupState::completing_rebalance) return;
    std::vector<std::string> silent;
    for (const auto& [id, member] : group->members()) {
        if (!member->syncing) silent.push_back(id);
    }
    for (const std::string& id : silent) group->remove(id);
    prepare_rebalance(*group);
}

Task<Result<Synced>> GroupCoordinator::sync(SyncRequest request) {
    Promise<Result<Synced>> promise;
    CO_TRY_VOID(sync_now(request, promise));
    ClassicGroup* group = find(request.group_id);
    const Member* member = group->find(request.member_id);
    if (!promise) {
        co_return Synced{.protocol_type = group->protocol_type(),
                         .protocol_name = group->protocol_name(),
                         .assignment = member->assignment};
    }
    if (group->is_leader(*member)) {
        scope_.spawn(hand_out(std::move(request.group_id), std::move(request.assignments)));
    }
    co_return co_await *promise;
}

// Checks the request; makes a promise when the assignment is not there yet.
Result<void> GroupCoordinator::sync_now(const SyncRequest& request,
                                        Promise<Result<Synced>>& promise) {
    TRY_VOID(available());
    ClassicGroup* group = find(request.group_id);
    if (!group) return fail(ErrorCode::unknown_member);
    TRY(Member * member, find_member(*group, request.member_id, request.instance_id, -1));
    if (request.generation != group->generation()) return fail(ErrorCode::illegal_generation);
    const bool consistent = (!request.protocol_type ||
                             *request.protocol_type == group->protocol_type()) &&
                            (!request.protocol_name ||
                             *request.protocol_name == group->protocol_name());
    if (!consistent) return fail(ErrorCode::inconsistent_group_protocol);
    switch (group->state()) {
    case GroupState::empty:
    case GroupState::dead: return fail(ErrorCode::unknown_member);
    case GroupState::preparing_rebalance: return fail(ErrorCode::rebalance_in_progress);
    case GroupState::completing_rebalance:
        answer(member->syncing, fail(ErrorCode::rebalance_in_progress));
        promise = std::make_shared<io::Completion<Result<Synced>>>();
        member->syncing = promise;
        break;
    case GroupState::stable: break;
    }
    restart_session(*group, *member);
    return {};
}

// Makes the leader's assignment durable, then gives every member that waits its part.
Task<void> GroupCoordinator::hand_out(std::string group_id,
                                      std::map<std::string, base::Slice> assignments) {
    ClassicGroup* group = find(group_id);
    if (!group) co_return;
    const int32_t generation = group->generation();
    group->set_assignments(assignments);
    const auto stored = co_await store(*group);
    group = find(group_id);
    // Meanwhile the group may have moved on; then this assignment is nobody's.
    if (!group || group->state() != GroupState::completing_rebalance ||
        group->generation() != generation)
        co_return;
    if (!stored) {
        group->set_assignments({});
        for (const auto& [id, member] : group->members())
            answer(member->syncing, fail(stored.error()));
        prepare_rebalance(*group);
        co_return;
    }
    group->assigning.disarm();
    group->set_state(GroupState::stable, now_ms());
    for (const auto& [id, member] : group->members()) {
        answer(member->syncing, Synced{.protocol_type = group->protocol_type(),
                                       .protocol_name = group->protocol_name(),
                                       .assignment = member->assignment});
        restart_session(*group, *member);
    }
}

Result<void> GroupCoordinator::heartbeat(const MemberIdentity& member) {
    TRY_VOID(available());
    ClassicGroup* group = find(member.group_id);
    if (!group || group->state() == GroupState::empty) return fail(ErrorCode::unknown_member);
    TRY(Member * found, find_member(*group, member.member_id, member.instance_id, -1));
    if (member.generation != group->generation()) return fail(ErrorCode::illegal_generation);
    restart_session(*group, *found);
    if (group->state() == GroupState::preparing_rebalance)
        return fail(ErrorCode::rebalance_in_progress);
    return {};
}

Task<std::vector<Result<void>>> GroupCoordinator::leave(std::string group_id,
                                                        std::vector<LeavingMember> members) {
    std::vector<Result<void>> results;
    const auto checked = available();
    ClassicGroup* group = checked ? find(group_id) : nullptr;
    for (const LeavingMember& leaving : members) {
        if (!checked) {
            results.push_back(fail(checked.error()));
        } else if (!group) {
            results.push_back(fail(ErrorCode::unknown_member));
        } else {
            results.push_back(leave_one(*group, leaving));
        }
    }
    co_return results;
}

Result<void> GroupCoordinator::leave_one(ClassicGroup& group, const LeavingMember& leaving) {
    std::string member_id = leaving.member_id;
    if (leaving.instance_id) {
        const auto current = group.static_member(*leaving.instance_id);
        if (!current) return fail(ErrorCode::unknown_member);
        if (!member_id.empty() && member_id != *current) return fail(ErrorCode::fenced_instance);
        member_id = *current;
    }
    if (group.pending().contains(member_id)) {
        remove_pending(group, member_id);
        return {};
    }
    if (!group.find(member_id)) return fail(ErrorCode::unknown_member);
    remove_member(group, member_id, ErrorCode::unknown_member);
    return {};
}

void GroupCoordinator::remove_member(ClassicGroup& group, const std::string& member_id,
                                     ErrorCode reason) {
    Member* member = group.find(member_id);
    answer(member->joining, refuse_join(reason, member_id));
    answer(member->syncing, fail(reason));
    group.remove(member_id);
    if (group.state() == GroupState::preparing_rebalance) {
        if (group.gathering_left == base::Duration::zero() || group.members().empty()) {
            complete_join_if_all_joined(group);
        }
    } else if (group.state() == GroupState::stable ||
               group.state() == GroupState::completing_rebalance) {
        prepare_rebalance(group);
    }
}

void GroupCoordinator::remove_pending(ClassicGroup& group, const std::string& member_id) {
    group.pending().erase(member_id);
    if (group.gathering_left == base::Duration::zero()) complete_join_if_all_joined(group);
}

// The member has shown that it is alive. While it waits for an answer of ours it owes nothing.
void GroupCoordinator::restart_session(ClassicGroup& group, Member& member) {
    const base::Duration timeout = member.is_new
                                       ? std::max(kNewMemberSession, member.session_timeout)
                                       : member.session_timeout;
    member.session.arm(shard_.now() + timeout, [this, group_id = group.id(),
                                                member_id = member.id] {
        ClassicGroup* still = find(group_id);
        Member* silent = still ? still->find(member_id) : nullptr;
        if (!silent) return;
        const bool waits_for_us = !silent->is_new && (silent->joining || silent->syncing);
        if (waits_for_us) {
            restart_session(*still, *silent);
            return;
        }
        kLogger.info("member_expired", "a member was silent for its session timeout",
                     {{"group", group_id}, {"member", member_id}});
        remove_member(*still, member_id, ErrorCode::unknown_member);
    });
}

std::string GroupCoordinator::new_member_id(const std::string& prefix) {
    io::Random& random = shard_.env().random;
    const uint64_t high = random.next();
    return fmt::format("{}-{}", prefix, base::Uuid::from_random(high, random.next()).to_hex());
}

}  // namespace polylog::coordinator
