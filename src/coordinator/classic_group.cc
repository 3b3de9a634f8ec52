#include "coordinator/classic_group.h"

#include <algorithm>

#include "coordinator/consumer_protocol.h"

namespace polylog::coordinator {

namespace {

int32_t to_int_ms(base::Duration duration) {
    return static_cast<int32_t>(base::to_ms(duration));
}

}  // namespace

bool Member::supports(const std::string& protocol) const {
    return std::ranges::any_of(protocols,
                               [&](const MemberProtocol& each) { return each.name == protocol; });
}

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

void ClassicGroup::set_state(GroupState state, int64_t now_ms) {
    state_ = state;
    state_since_ms_ = now_ms;
}

Member* ClassicGroup::find(const std::string& member_id) {
    const auto found = members_.find(member_id);
    return found == members_.end() ? nullptr : found->second.get();
}

std::optional<std::string> ClassicGroup::static_member(const std::string& instance_id) const {
    const auto found = static_members_.find(instance_id);
    return found == static_members_.end() ? std::nullopt : std::optional(found->second);
}

bool ClassicGroup::accepts(const std::string& protocol_type,
                           const std::vector<MemberProtocol>& protocols) const {
    if (protocol_type.empty() || protocols.empty()) return false;
    if (state_ == GroupState::empty) return true;
    if (protocol_type != protocol_type_) return false;
    return std::ranges::any_of(protocols, [&](const MemberProtocol& protocol) {
        return std::ranges::all_of(members_, [&](const auto& each) {
            return each.second->supports(protocol.name);
        });
    });
}

Member& ClassicGroup::add(std::unique_ptr<Member> member, const std::string& protocol_type) {
    if (members_.empty()) protocol_type_ = protocol_type;
    if (leader_id_.empty()) leader_id_ = member->id;
    if (member->instance_id) static_members_[*member->instance_id] = member->id;
    pending_.erase(member->id);
    std::string id = member->id;
    return *members_.insert_or_assign(std::move(id), std::move(member)).first->second;
}

Member& ClassicGroup::replace_static(const std::string& instance_id, std::string new_member_id) {
    std::string& current_id = static_members_.at(instance_id);
    auto node = members_.extract(current_id);
    if (leader_id_ == current_id) leader_id_ = new_member_id;
    current_id = new_member_id;
    node.key() = new_member_id;
    node.mapped()->id = std::move(new_member_id);
    return *members_.insert(std::move(node)).position->second;
}

void ClassicGroup::remove(const std::string& member_id) {
    const auto found = members_.find(member_id);
    if (found == members_.end()) return;
    if (found->second->instance_id) static_members_.erase(*found->second->instance_id);
    members_.erase(found);
    if (leader_id_ != member_id) return;
    leader_id_.clear();
    elect_leader();
    if (leader_id_.empty() && !members_.empty()) leader_id_ = members_.begin()->first;
}

bool ClassicGroup::all_joined() const {
    return joined_count() == members_.size() && pending_.empty();
}

size_t ClassicGroup::joined_count() const {
    return static_cast<size_t>(std::ranges::count_if(members_, [](const auto& each) {
        return each.second->joining != nullptr;
    }));
}

bool ClassicGroup::all_synced() const {
    return std::ranges::none_of(members_, [](const auto& each) { return each.second->owes_sync; });
}

base::Duration ClassicGroup::rebalance_timeout() const {
    base::Duration longest{};
    for (const auto& [id, member] : members_)
        longest = std::max(longest, member->rebalance_timeout);
    return longest;
}

bool ClassicGroup::elect_leader() {
    const auto leader = members_.find(leader_id_);
    if (leader != members_.end() && leader->second->joining) return true;
    for (const auto& [id, member] : members_) {
        if (!member->joining) continue;
        leader_id_ = id;
        return true;
    }
    return false;
}

void ClassicGroup::begin_generation() {
    ++generation_;
    protocol_name_ = members_.empty() ? std::string() : choose_protocol();
    if (members_.empty()) leader_id_.clear();
    read_subscriptions();
}

// Every member votes for the first of its protocols that all have; most votes win, ties go to the
// one that comes first in the order of names.
std::string ClassicGroup::choose_protocol() const {
    std::map<std::string, int> votes;
    for (const auto& [id, voter] : members_) {
        const auto choice = std::ranges::find_if(
            voter->protocols, [&](const MemberProtocol& protocol) {
                return std::ranges::all_of(members_, [&](const auto& each) {
                    return each.second->supports(protocol.name);
                });
            });
        if (choice != voter->protocols.end()) ++votes[choice->name];
    }
    const auto winner = std::ranges::max_element(votes, {},
                                                 [](const auto& vote) { return vote.second; });
    return winner == votes.end() ? std::string() : winner->first;
}

void ClassicGroup::set_assignments(const std::map<std::string, base::Slice>& assignments) {
    for (auto& [id, member] : members_) {
        const auto found = assignments.find(id);
        // Kept beyond the request it came in: a copy does not hold that whole frame.
        member->assignment = found == assignments.end()
                                 ? base::Slice()
                                 : base::Slice::copy_of(found->second.bytes());
    }
}

Joined ClassicGroup::joined_view(const Member& member) const {
    Joined joined{.generation = generation_,
                  .protocol_type = protocol_type_,
                  .protocol_name = protocol_name_,
                  .leader_id = leader_id_,
                  .member_id = member.id};
    if (!is_leader(member)) return joined;
    for (const auto& [id, each] : members_) {
        joined.members.push_back({.member_id = id,
                                  .instance_id = each->instance_id,
                                  .metadata = each->metadata(protocol_name_)});
    }
    return joined;
}

GroupDescription ClassicGroup::describe() const {
    GroupDescription description{.group_id = id_, .state = state_, .protocol_type = protocol_type_};
    const bool stable = state_ == GroupState::stable;
    if (stable) description.protocol_name = protocol_name_;
    for (const auto& [id, member] : members_) {
        description.members.push_back(
            {.member_id = id,
             .instance_id = member->instance_id,
             .client_id = member->client_id,
             .client_host = member->client_host,
             .metadata = stable ? member->metadata(protocol_name_) : base::Slice(),
             .assignment = member->assignment});
    }
    return description;
}

StoredGroup ClassicGroup::to_stored() const {
    StoredGroup stored{.protocol_type = protocol_type_,
                       .generation = generation_,
                       .state_timestamp_ms = state_since_ms_};
    if (!protocol_name_.empty()) stored.protocol_name = protocol_name_;
    if (!leader_id_.empty()) stored.leader_id = leader_id_;
    for (const auto& [id, member] : members_) {
        stored.members.push_back({.member_id = id,
                                  .instance_id = member->instance_id,
                                  .client_id = member->client_id,
                                  .client_host = member->client_host,
                                  .rebalance_timeout_ms = to_int_ms(member->rebalance_timeout),
                                  .session_timeout_ms = to_int_ms(member->session_timeout),
                                  .subscription = member->metadata(protocol_name_),
                                  .assignment = member->assignment});
    }
    return stored;
}

void ClassicGroup::restore(const StoredGroup& stored, int64_t now_ms) {
    members_.clear();
    static_members_.clear();
    protocol_type_ = stored.protocol_type;
    protocol_name_ = stored.protocol_name.value_or("");
    leader_id_ = stored.leader_id.value_or("");
    generation_ = stored.generation;
    for (const StoredMember& each : stored.members) {
        auto member = std::make_unique<Member>();
        member->id = each.member_id;
        member->instance_id = each.instance_id;
        member->client_id = each.client_id;
        member->client_host = each.client_host;
        member->session_timeout = std::chrono::milliseconds(each.session_timeout_ms);
        member->rebalance_timeout = std::chrono::milliseconds(each.rebalance_timeout_ms);
        member->protocols.push_back({.name = protocol_name_, .metadata = each.subscription});
        member->assignment = each.assignment;
        add(std::move(member), protocol_type_);
    }
    const bool has_time = stored.state_timestamp_ms >= 0;
    set_state(members_.empty() ? GroupState::empty : GroupState::stable,
              has_time ? stored.state_timestamp_ms : now_ms);
    read_subscriptions();
}

void ClassicGroup::read_subscriptions() {
    subscribed_.reset();
    if (protocol_type_ != kConsumerProtocolType) return;
    std::set<std::string> topics;
    for (const auto& [id, member] : members_) {
        auto some = subscribed_topics(member->metadata(protocol_name_).bytes());
        if (!some) return;
        topics.merge(*some);
    }
    subscribed_ = std::move(topics);
}

bool ClassicGroup::may_read(const std::string& topic) const {
    return subscribed_ ? subscribed_->contains(topic) : protocol_type_ == kConsumerProtocolType;
}

}  // namespace polylog::coordinator
