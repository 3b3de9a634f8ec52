#include "coordinator/members.h"

#include <algorithm>
#include <set>

namespace polylog::coordinator {

const base::Slice& Member::metadata(const std::string& protocol) const {
    static const base::Slice kNone;
    const auto found = std::ranges::find(protocols, protocol, &MemberProtocol::name);
    return found == protocols.end() ? kNone : found->metadata;
}

bool Member::has_protocols(const std::vector<MemberProtocol>& others) const {
    return std::ranges::equal(protocols, others,
                              [](const MemberProtocol& a, const MemberProtocol& b) {
                                  return a.name == b.name &&
                                         std::ranges::equal(a.metadata.bytes(), b.metadata.bytes());
                              });
}

Member* Members::find(const std::string& member_id) const {
    const auto found = by_id_.find(member_id);
    return found == by_id_.end() ? nullptr : found->second.get();
}

std::optional<std::string> Members::static_member(const std::string& instance_id) const {
    const auto found = static_ids_.find(instance_id);
    return found == static_ids_.end() ? std::nullopt : std::optional(found->second);
}

Member& Members::add(std::unique_ptr<Member> member) {
    remove(member->id);  // in its place
    if (leader_id_.empty()) leader_id_ = member->id;
    if (member->instance_id) static_ids_[*member->instance_id] = member->id;
    count_protocols(*member, +1);
    std::string id = member->id;
    return *by_id_.emplace(std::move(id), std::move(member)).first->second;
}

Member& Members::replace_static(const std::string& instance_id, std::string new_member_id) {
    std::string& current_id = static_ids_.at(instance_id);
    auto node = by_id_.extract(current_id);
    if (leader_id_ == current_id) leader_id_ = new_member_id;
    current_id = new_member_id;
    node.key() = new_member_id;
    node.mapped()->id = std::move(new_member_id);
    return *by_id_.insert(std::move(node)).position->second;
}

void Members::remove(const std::string& member_id) {
    const auto found = by_id_.find(member_id);
    if (found == by_id_.end()) return;
    const bool was_leader = leader_id_ == found->first;
    if (found->second->instance_id) static_ids_.erase(*found->second->instance_id);
    count_protocols(*found->second, -1);
    by_id_.erase(found);
    if (!was_leader) return;
    leader_id_.clear();
    elect_leader();
    if (leader_id_.empty() && !by_id_.empty()) leader_id_ = by_id_.begin()->first;
}

bool Members::elect_leader() {
    const Member* leader = find(leader_id_);
    if (leader && leader->joining) return true;
    for (const auto& [id, member] : by_id_) {
        if (!member->joining) continue;
        leader_id_ = id;
        return true;
    }
    return false;
}

void Members::set_protocols(Member& member, std::vector<MemberProtocol> protocols) {
    count_protocols(member, -1);
    member.protocols = std::move(protocols);
    count_protocols(member, +1);
}

// A protocol that a member names twice counts once.
void Members::count_protocols(const Member& member, int change) {
    std::set<std::string_view> names;
    for (const MemberProtocol& protocol : member.protocols) {
        if (!names.insert(protocol.name).second) continue;
        if (change > 0) {
            ++supporters_[protocol.name];
        } else if (const auto found = supporters_.find(protocol.name); --found->second == 0) {
            supporters_.erase(found);
        }
    }
}

bool Members::all_support(std::string_view protocol) const {
    const auto found = supporters_.find(protocol);
    return (found == supporters_.end() ? 0 : found->second) == by_id_.size();
}

// Every member votes for the first of its protocols that all have; most votes win, ties go to the
// one that comes first in the order of names.
std::string Members::vote() const {
    std::map<std::string_view, int> votes;
    for (const auto& [id, voter] : by_id_) {
        const auto choice = std::ranges::find_if(voter->protocols,
                                                 [&](const MemberProtocol& protocol) {
                                                     return all_support(protocol.name);
                                                 });
        if (choice != voter->protocols.end()) ++votes[choice->name];
    }
    const auto winner = std::ranges::max_element(votes, {},
                                                 [](const auto& vote) { return vote.second; });
    return winner == votes.end() ? std::string() : std::string(winner->first);
}

size_t Members::joined_count() const {
    return static_cast<size_t>(std::ranges::count_if(by_id_, [](const auto& each) {
        return each.second->joining != nullptr;
    }));
}

bool Members::all_synced() const {
    return std::ranges::none_of(by_id_, [](const auto& each) { return each.second->owes_sync; });
}

}  // namespace polylog::coordinator
