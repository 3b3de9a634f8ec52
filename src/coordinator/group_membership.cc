#include "coordinator/group_membership.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/logging.h"

namespace polylog::coordinator {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

namespace {

const base::Logger kLogger("groups");

// A member that joins for the first time may wait long for the others without being able to
// heartbeat: it gets this long, whatever its session timeout, and is expected to ask again.
constexpr base::Duration kNewMemberSession = std::chrono::minutes(5);

// Of a client or instance id at the front of a new member id: member ids must fit a record's
// strings.
constexpr size_t kMemberIdPrefixMax = 1024;

// What a protocol costs beside its name and metadata.
constexpr size_t kProtocolBytes = 64;

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
}

std::vector<MemberProtocol> copies_of(const std::vector<MemberProtocol>& protocols) {
    std::vector<MemberProtocol> copies;
    for (const MemberProtocol& protocol : protocols) {
        copies.push_back(
            {.name = protocol.name, .metadata = base::Slice::copy_of(protocol.metadata.bytes())});
    }
    return copies;
}

bool all_joined(const ClassicGroup& group) {
    return group.members.joined_count() == group.members.all().size() &&
           group.rebalance.promised.empty();
}

base::Duration longest_rebalance_timeout(const ClassicGroup& group) {
    base::Duration longest{};
    for (const auto& [id, member] : group.members.all())
        longest = std::max(longest, member->rebalance_timeout);
    return longest;
}

// Kept beyond the request they came in: copies do not hold that whole frame.
void set_assignments(ClassicGroup& group, const std::map<std::string, base::Slice>& assignments) {
    for (const auto& [id, member] : group.members.all()) {
        const auto found = assignments.find(id);
        member->assignment = found == assignments.end()
                                 ? base::Slice()
                                 : base::Slice::copy_of(found->second.bytes());
    }
}

Promise<JoinAnswer>& promised(Promise<JoinAnswer>& promise) {
    promise = std::make_shared<io::Completion<JoinAnswer>>();
    return promise;
}

size_t size_bytes(const std::vector<MemberProtocol>& protocols) {
    size_t bytes = 0;
    for (const MemberProtocol& protocol : protocols)
        bytes += protocol.name.size() + protocol.metadata.size() + kProtocolBytes;
    return bytes;
}

// The longest beginning of at most `max` bytes that does not cut a character.
std::string_view beginning(std::string_view text, size_t max) {
    if (text.size() <= max) return text;
    size_t end = max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end);
}

}  // namespace

// What a static member was before it came back with another id: put back if that cannot be stored.
struct GroupMembership::Replaced {
    std::string instance_id;
    std::string old_id;
    std::string new_id;
    int32_t generation = -1;
    base::Duration session_timeout{};
    base::Duration rebalance_timeout{};
    std::vector<MemberProtocol> protocols;
    std::string leader_id;  // of the group, before
};

void GroupMembership::resume() {
    for (const auto& [id, group] : table_.all()) {
        for (const auto& [member_id, member] : group->members.all())
            restart_session(*group, *member);
        // The bound may have become smaller: members get the chance to commit before they go.
        if (group->members.all().size() > table_.config().group_size_max) prepare_rebalance(*group);
    }
}

void GroupMembership::close() {
    scope_.destroy_all();
    for (const auto& [id, group] : table_.all()) {
        group->rebalance.gathering.disarm();
        group->rebalance.assigning.disarm();
        group->rebalance.promised.clear();
        for (const auto& [member_id, member] : group->members.all()) {
            member->session.disarm();
            answer(member->joining, refuse_join(ErrorCode::not_coordinator, member_id));
            answer(member->syncing, fail(ErrorCode::not_coordinator));
        }
    }
}

Task<JoinAnswer> GroupMembership::join(JoinRequest request) {
    std::string member_id = request.member_id;
    if (const auto checked = check_join(request); !checked) {
        co_return refuse_join(checked.error().code(), std::move(member_id));
    }
    ClassicGroup* group = table_.find(request.group_id);
    if (!group && !member_id.empty()) {
        co_return refuse_join(ErrorCode::unknown_member, std::move(member_id));
    }
    if (group && !has_room(*group, member_id)) {
        group->rebalance.promised.erase(member_id);
        group->members.remove(member_id);
        complete_join_if_all_joined(*group);
        co_return refuse_join(ErrorCode::group_max_size_reached, {});
    }
    const bool fits = group ? group->accepts(request.protocol_type, request.protocols)
                            : !request.protocol_type.empty() && !request.protocols.empty();
    if (!fits) {
        co_return refuse_join(ErrorCode::inconsistent_group_protocol, std::move(member_id));
    }
    if (!group) {
        const auto created = table_.find_or_create(request.group_id);
        if (!created) co_return refuse_join(created.error().code(), {});
        group = *created;
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

Result<void> GroupMembership::check_join(const JoinRequest& request) const {
    TRY_VOID(table_.available());
    if (request.group_id.empty()) return fail(ErrorCode::invalid_name);
    if (request.session_timeout < table_.config().session_timeout_min ||
        request.session_timeout > table_.config().session_timeout_max) {
        return fail(ErrorCode::invalid_session_timeout);
    }
    if (request.protocols.size() > table_.config().member_protocols_max ||
        size_bytes(request.protocols) > table_.config().member_bytes_max)
        return fail(ErrorCode::message_too_large);
    return {};
}

// While a group gathers, places go to those who come first, so that a group which has become too
// large sheds its last members.
bool GroupMembership::has_room(const ClassicGroup& group, const std::string& member_id) const {
    const auto found = group.members.all().find(member_id);
    const bool is_member = found != group.members.all().end();
    if (member_id.empty() && group.rebalance.promised.size() >= table_.config().group_size_max)
        return false;
    switch (group.state()) {
    case GroupState::empty:
    case GroupState::dead: return true;
    case GroupState::preparing_rebalance:
        return (is_member && found->second->joining) ||
               group.members.joined_count() < table_.config().group_size_max;
    case GroupState::completing_rebalance:
    case GroupState::stable:
        return is_member || group.members.all().size() < table_.config().group_size_max;
    }
    return false;
}

// A dynamic member without an id.
JoinAnswer GroupMembership::join_new(ClassicGroup& group, JoinRequest request,
                                     Promise<JoinAnswer>& promise) {
    std::string member_id = new_member_id(request.client_id);
    if (!request.member_id_required) {
        add_member(group, std::move(request), std::move(member_id), promised(promise));
        return wait_for_generation();
    }
    auto& timer = group.rebalance.promised[member_id];
    timer = std::make_unique<io::Timer>();
    timer->arm(table_.shard().now() + request.session_timeout,
               [this, group_id = group.id(), member_id] {
                   if (ClassicGroup* still = table_.find(group_id))
                       remove_pending(*still, member_id);
               });
    return refuse_join(ErrorCode::member_id_required, std::move(member_id));
}

// A static member without an id: new, or restarted and taking its old place.
JoinAnswer GroupMembership::join_static(ClassicGroup& group, JoinRequest request,
                                        Promise<JoinAnswer>& promise) {
    const std::string instance_id = *request.instance_id;
    std::string member_id = new_member_id(instance_id);
    const auto current_id = group.members.static_member(instance_id);
    if (!current_id) {
        add_member(group, std::move(request), std::move(member_id), promised(promise));
        return wait_for_generation();
    }
    Member& old = *group.members.find(*current_id);
    answer(old.joining, refuse_join(ErrorCode::fenced_instance, *current_id));
    answer(old.syncing, fail(ErrorCode::fenced_instance));
    Replaced replaced{.instance_id = instance_id,
                      .old_id = *current_id,
                      .new_id = member_id,
                      .generation = group.generation(),
                      .session_timeout = old.session_timeout,
                      .rebalance_timeout = old.rebalance_timeout,
                      .protocols = old.protocols,
                      .leader_id = group.members.leader_id()};
    Member& member = group.members.replace_static(instance_id, std::move(member_id));
    member.joining = promised(promise);
    group.members.set_protocols(member, copies_of(request.protocols));
    take_over(member, std::move(request));
    restart_session(group, member);
    const bool keeps_generation = group.state() == GroupState::stable &&
                                  group.members.vote() == group.protocol_name();
    if (keeps_generation) {
        // Answered once the new id is durable: a broker that restarts must know it.
        scope_.spawn(store_replacement(group.id(), std::move(replaced)));
    } else {
        rebalance_or_complete(group);
    }
    return wait_for_generation();
}

Task<void> GroupMembership::store_replacement(std::string group_id, Replaced replaced) {
    const auto stored = co_await table_.store(group_id, table_.find(group_id)->to_stored());
    ClassicGroup* group = table_.find(group_id);
    Member* member = group ? group->members.find(replaced.new_id) : nullptr;
    // A rebalance that began meanwhile answers the member, and stores the group again.
    if (!member || !member->joining || group->state() != GroupState::stable ||
        group->generation() != replaced.generation) {
        co_return;
    }
    if (!stored) {
        kLogger.warn("group_not_stored", "a static member's new id is not durable",
                     {{"group", group_id}, {"err", stored.error()}});
        answer(member->joining, refuse_join(stored.error().code(), {}));
        take_back(*group, std::move(replaced));
        co_return;
    }
    Joined joined = group->joined_view(*member);
    joined.skip_assignment = group->members.is_leader(*member) && member->skips_assignment;
    if (!member->skips_assignment) {
        // Without KIP-814 a leader would assign again: it is told that its old self leads.
        joined.leader_id = replaced.leader_id;
        joined.members.clear();
    }
    answer(member->joining, {.joined = std::move(joined), .member_id = replaced.new_id});
    restart_session(*group, *member);
}

void GroupMembership::take_back(ClassicGroup& group, Replaced replaced) {
    Member& member = group.members.replace_static(replaced.instance_id, std::move(replaced.old_id));
    member.session_timeout = replaced.session_timeout;
    member.rebalance_timeout = replaced.rebalance_timeout;
    group.members.set_protocols(member, std::move(replaced.protocols));
    restart_session(group, member);
}

// A member with an id: one that was promised it, or one that is in and joins again.
JoinAnswer GroupMembership::join_known(ClassicGroup& group, JoinRequest request,
                                       Promise<JoinAnswer>& promise) {
    std::string member_id = request.member_id;
    // Ids are promised to dynamic members only.
    if (group.rebalance.promised.contains(member_id) && !request.instance_id) {
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
                                              !group.members.is_leader(member)));
    if (current_generation_will_do) {
        restart_session(group, member);
        return {.joined = group.joined_view(member), .member_id = std::move(member_id)};
    }
    update_and_rebalance(group, member, std::move(request), promised(promise));
    return wait_for_generation();
}

void GroupMembership::add_member(ClassicGroup& group, JoinRequest request, std::string member_id,
                                 Promise<JoinAnswer>& promise) {
    auto member = std::make_unique<Member>();
    member->id = std::move(member_id);
    member->instance_id = request.instance_id;
    member->is_new = true;
    member->joining = promise;
    const std::string protocol_type = request.protocol_type;
    member->protocols = copies_of(request.protocols);
    take_over(*member, std::move(request));
    Member& added = group.add(std::move(member), protocol_type);
    group.rebalance.joined_while_gathering = true;
    restart_session(group, added);
    rebalance_or_complete(group);
}

void GroupMembership::update_and_rebalance(ClassicGroup& group, Member& member, JoinRequest request,
                                           Promise<JoinAnswer>& promise) {
    // The same member may ask twice, after a lost connection: the first request is answered too.
    answer(member.joining, refuse_join(ErrorCode::rebalance_in_progress, member.id));
    member.joining = promise;
    group.members.set_protocols(member, copies_of(request.protocols));
    take_over(member, std::move(request));
    if (!member.is_new) restart_session(group, member);
    rebalance_or_complete(group);
}

Result<Member*> GroupMembership::find_member(ClassicGroup& group, const std::string& member_id,
                                             const std::optional<std::string>& instance_id,
                                             int32_t generation) {
    if (instance_id) {
        const auto current = group.members.static_member(*instance_id);
        if (!current) return fail(ErrorCode::unknown_member);
        if (*current != member_id) return fail(ErrorCode::fenced_instance);
    }
    Member* member = group.members.find(member_id);
    if (!member) return fail(ErrorCode::unknown_member);
    if (generation >= 0 && generation != group.generation())
        return fail(ErrorCode::illegal_generation);
    return member;
}

void GroupMembership::rebalance_or_complete(ClassicGroup& group) {
    if (group.state() != GroupState::preparing_rebalance) {
        prepare_rebalance(group);
    } else if (!group.rebalance.gathers_initially) {
        complete_join_if_all_joined(group);
    }
}

// Begins to gather the members of the next generation.
void GroupMembership::prepare_rebalance(ClassicGroup& group) {
    if (group.state() == GroupState::completing_rebalance) set_assignments(group, {});
    for (const auto& [id, member] : group.members.all()) {
        member->owes_sync = false;
        answer(member->syncing, fail(ErrorCode::rebalance_in_progress));
    }
    group.rebalance.assigning.disarm();
    group.rebalance.gathers_initially = group.state() == GroupState::empty;
    group.set_state(GroupState::preparing_rebalance, table_.now_ms());
    if (group.rebalance.gathers_initially) {
        const base::Duration delay = table_.config().initial_rebalance_delay;
        group.rebalance.gathering_left = std::max(longest_rebalance_timeout(group) - delay,
                                                  base::Duration::zero());
        group.rebalance.joined_while_gathering = false;
        group.rebalance.gathering.arm(table_.shard().now() + delay,
                                      [this, id = group.id()] { gather_further(id); });
    } else if (all_joined(group)) {
        complete_join(group);
    } else {
        await_members(group);
    }
}

// The initial delay is over: if somebody joined during it, others may be about to.
void GroupMembership::gather_further(const std::string& group_id) {
    ClassicGroup* group = table_.find(group_id);
    if (!group) return;
    if (!group->rebalance.joined_while_gathering ||
        group->rebalance.gathering_left == base::Duration::zero()) {
        complete_join(*group);
        return;
    }
    const base::Duration delay = std::min(table_.config().initial_rebalance_delay,
                                          group->rebalance.gathering_left);
    group->rebalance.gathering_left -= delay;
    group->rebalance.joined_while_gathering = false;
    group->rebalance.gathering.arm(table_.shard().now() + delay,
                                   [this, id = group_id] { gather_further(id); });
}

void GroupMembership::await_members(ClassicGroup& group) {
    group.rebalance.gathering.arm(table_.shard().now() + longest_rebalance_timeout(group),
                                  [this, id = group.id()] {
                                      if (ClassicGroup* still = table_.find(id))
                                          complete_join(*still);
                                  });
}

void GroupMembership::complete_join_if_all_joined(ClassicGroup& group) {
    if (group.state() == GroupState::preparing_rebalance && all_joined(group)) complete_join(group);
}

// Begins the generation with those who have joined. Dynamic members who have not are dropped;
// static ones are kept until their session ends.
void GroupMembership::complete_join(ClassicGroup& group) {
    std::vector<std::string> absent;
    for (const auto& [id, member] : group.members.all()) {
        if (!member->joining && !member->instance_id) absent.push_back(id);
    }
    for (const std::string& id : absent) group.members.remove(id);
    if (!group.members.all().empty() && !group.members.elect_leader()) {
        // Only static members that are away are left: their sessions decide.
        await_members(group);
        return;
    }
    group.rebalance.gathering.disarm();
    group.begin_generation();
    if (group.members.all().empty()) {
        group.set_state(GroupState::empty, table_.now_ms());
        scope_.spawn(store_empty(group.id()));
        return;
    }
    group.set_state(GroupState::completing_rebalance, table_.now_ms());
    kLogger.info("group_rebalanced", "a group begins a generation",
                 {{"group", group.id()},
                  {"gen", group.generation()},
                  {"members", group.members.all().size()}});
    for (const auto& [id, member] : group.members.all()) {
        member->is_new = false;
        member->owes_sync = true;
        answer(member->joining, {.joined = group.joined_view(*member), .member_id = id});
        restart_session(group, *member);
    }
    await_assignment(group);
}

// Should the broker fail before this is durable, the members of the generation before are back, and
// their sessions end again.
Task<void> GroupMembership::store_empty(std::string group_id) {
    const auto stored = co_await table_.store(group_id, table_.find(group_id)->to_stored());
    if (!stored) {
        kLogger.warn("group_not_stored", "that a group is empty is not durable",
                     {{"group", group_id}, {"err", stored.error()}});
    }
}

// Runs on after the assignment has been handed out, until every member has asked for its part.
void GroupMembership::await_assignment(ClassicGroup& group) {
    group.rebalance.assigning.arm(table_.shard().now() + longest_rebalance_timeout(group),
                                  [this, id = group.id()] { drop_those_who_did_not_sync(id); });
}

void GroupMembership::drop_those_who_did_not_sync(const std::string& group_id) {
    ClassicGroup* group = table_.find(group_id);
    if (!group) return;
    std::vector<std::string> silent;
    for (const auto& [id, member] : group->members.all()) {
        if (member->owes_sync) silent.push_back(id);
    }
    if (silent.empty()) return;
    for (const std::string& id : silent) {
        refuse_waiting(*group->members.find(id), ErrorCode::unknown_member);
        group->members.remove(id);
    }
    prepare_rebalance(*group);
}

Task<Result<Synced>> GroupMembership::sync(SyncRequest request) {
    Promise<Result<Synced>> promise;
    CO_TRY_VOID(sync_now(request, promise));
    ClassicGroup* group = table_.find(request.group_id);
    const Member* member = group->members.find(request.member_id);
    if (!promise) {
        co_return Synced{.protocol_type = group->protocol_type(),
                         .protocol_name = group->protocol_name(),
                         .assignment = member->assignment};
    }
    // Said twice, the first assignment counts: it is on its way into the log.
    if (group->members.is_leader(*member) && group->rebalance.handing_out != group->generation()) {
        scope_.spawn(hand_out(std::move(request.group_id), std::move(request.assignments)));
    }
    co_return co_await *promise;
}

// Checks the request; makes a promise when the assignment is not there yet.
Result<void> GroupMembership::sync_now(const SyncRequest& request,
                                       Promise<Result<Synced>>& promise) {
    TRY_VOID(table_.available());
    if (request.group_id.empty()) return fail(ErrorCode::invalid_name);
    ClassicGroup* group = table_.find(request.group_id);
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
    member->owes_sync = false;
    if (group->members.all_synced()) group->rebalance.assigning.disarm();
    restart_session(*group, *member);
    return {};
}

// Makes the leader's assignment durable, then gives every member that waits its part.
Task<void> GroupMembership::hand_out(std::string group_id,
                                     std::map<std::string, base::Slice> assignments) {
    ClassicGroup* group = table_.find(group_id);
    const int32_t generation = group->generation();
    group->rebalance.handing_out = generation;
    StoredGroup assigned = group->to_stored();
    for (StoredMember& member : assigned.members) {
        // Kept beyond the request it came in: a copy does not hold that whole frame.
        const auto found = assignments.find(member.member_id);
        member.assignment = found == assignments.end()
                                ? base::Slice()
                                : base::Slice::copy_of(found->second.bytes());
        assignments.insert_or_assign(member.member_id, member.assignment);
    }
    const auto stored = co_await table_.store(group_id, std::move(assigned));
    group = table_.find(group_id);
    // Meanwhile the group may have moved on; then this assignment is nobody's.
    if (!group || group->state() != GroupState::completing_rebalance ||
        group->generation() != generation)
        co_return;
    group->rebalance.handing_out = -1;
    if (!stored) {
        for (const auto& [id, member] : group->members.all())
            answer(member->syncing, fail(stored.error()));
        prepare_rebalance(*group);
        co_return;
    }
    set_assignments(*group, assignments);
    group->set_state(GroupState::stable, table_.now_ms());
    for (const auto& [id, member] : group->members.all()) {
        if (!member->syncing) continue;
        answer(member->syncing, Synced{.protocol_type = group->protocol_type(),
                                       .protocol_name = group->protocol_name(),
                                       .assignment = member->assignment});
        restart_session(*group, *member);
    }
}

Result<void> GroupMembership::heartbeat(const MemberIdentity& member) {
    TRY_VOID(table_.available());
    if (member.group_id.empty()) return fail(ErrorCode::invalid_name);
    ClassicGroup* group = table_.find(member.group_id);
    if (!group || group->state() == GroupState::empty) return fail(ErrorCode::unknown_member);
    TRY(Member * found, find_member(*group, member.member_id, member.instance_id, -1));
    if (member.generation != group->generation()) return fail(ErrorCode::illegal_generation);
    restart_session(*group, *found);
    if (group->state() == GroupState::preparing_rebalance)
        return fail(ErrorCode::rebalance_in_progress);
    return {};
}

Result<void> GroupMembership::check_commit(ClassicGroup& group, const MemberIdentity& member) {
    if (member.generation < 0 && group.state() == GroupState::empty) return {};
    TRY(Member * found,
        find_member(group, member.member_id, member.instance_id, member.generation));
    if (member.generation < 0) return fail(ErrorCode::illegal_generation);
    if (group.state() == GroupState::completing_rebalance)
        return fail(ErrorCode::rebalance_in_progress);
    restart_session(group, *found);
    return {};
}

Task<std::vector<Result<void>>> GroupMembership::leave(std::string group_id,
                                                       std::vector<LeavingMember> members) {
    std::vector<Result<void>> results;
    Result<void> checked = table_.available();
    if (checked && group_id.empty()) checked = fail(ErrorCode::invalid_name);
    ClassicGroup* group = checked ? table_.find(group_id) : nullptr;
    if (checked && !group) checked = fail(ErrorCode::unknown_member);
    if (!checked) {
        results.assign(members.size(), fail(checked.error()));
        co_return results;
    }
    const size_t size_before = group->members.all().size();
    for (const LeavingMember& leaving : members) results.push_back(leave_one(*group, leaving));
    // One rebalance for all who left together.
    if (group->members.all().size() < size_before) {
        rebalance_or_complete(*group);
    } else if (!group->rebalance.gathers_initially) {
        complete_join_if_all_joined(*group);
    }
    co_return results;
}

// The member is gone; what that means for the others is the caller's.
Result<void> GroupMembership::leave_one(ClassicGroup& group, const LeavingMember& leaving) {
    std::string member_id = leaving.member_id;
    if (group.rebalance.promised.erase(member_id) > 0) return {};
    if (leaving.instance_id && member_id.empty()) {
        member_id = group.members.static_member(*leaving.instance_id).value_or("");
        if (member_id.empty()) return fail(ErrorCode::unknown_member);
    }
    TRY(Member * member, find_member(group, member_id, leaving.instance_id, -1));
    refuse_waiting(*member, ErrorCode::unknown_member);
    group.members.remove(member_id);
    return {};
}

void GroupMembership::refuse_waiting(Member& member, ErrorCode reason) {
    answer(member.joining, refuse_join(reason, {}));
    answer(member.syncing, fail(reason));
}

void GroupMembership::expire_member(const std::string& group_id, const std::string& member_id) {
    ClassicGroup* group = table_.find(group_id);
    Member* silent = group ? group->members.find(member_id) : nullptr;
    if (!silent) return;
    const bool waits_for_us = !silent->is_new && (silent->joining || silent->syncing);
    if (waits_for_us) {
        restart_session(*group, *silent);
        return;
    }
    kLogger.info("member_expired", "a member was silent for its session timeout",
                 {{"group", group_id}, {"member", member_id}});
    refuse_waiting(*silent, ErrorCode::unknown_member);
    group->members.remove(member_id);
    if (group->state() == GroupState::preparing_rebalance) {
        complete_join_if_all_joined(*group);
    } else {
        prepare_rebalance(*group);
    }
}

void GroupMembership::remove_pending(ClassicGroup& group, const std::string& member_id) {
    group.rebalance.promised.erase(member_id);
    complete_join_if_all_joined(group);
}

// The member has shown that it is alive. While it waits for an answer of ours it owes nothing.
void GroupMembership::restart_session(ClassicGroup& group, Member& member) {
    const base::Duration timeout = member.is_new ? kNewMemberSession : member.session_timeout;
    member.session.arm(table_.shard().now() + timeout,
                       [this, group_id = group.id(), member_id = member.id] {
                           expire_member(group_id, member_id);
                       });
}

std::string GroupMembership::new_member_id(std::string_view prefix) {
    io::Random& random = table_.shard().env().random;
    const uint64_t high = random.next();
    return fmt::format("{}-{}", beginning(prefix, kMemberIdPrefixMax),
                       base::Uuid::from_random(high, random.next()).to_hex());
}

}  // namespace polylog::coordinator
