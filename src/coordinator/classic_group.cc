#include "coordinator/classic_group.h"

#include <algorithm>

#include "coordinator/consumer_protocol.h"

namespace polylog::coordinator {

namespace {

int32_t to_int_ms(base::Duration duration) {
    return static_cast<int32_t>(base::to_ms(duration));
}

}  // namespace

void ClassicGroup::set_state(GroupState state, int64_t now_ms) {
    state_ = state;
    state_since_ms_ = now_ms;
}

bool ClassicGroup::accepts(const std::string& protocol_type,
                           const std::vector<MemberProtocol>& protocols) const {
    if (protocol_type.empty() || protocols.empty()) return false;
    if (state_ == GroupState::empty) return true;
    if (protocol_type != protocol_type_) return false;
    return std::ranges::any_of(protocols, [&](const MemberProtocol& protocol) {
        return members.all_support(protocol.name);
    });
}

Member& ClassicGroup::add(std::unique_ptr<Member> member, const std::string& protocol_type) {
    if (members.all().empty()) {
        protocol_type_ = protocol_type;
        subscriptions_.expect(protocol_type);
    }
    rebalance.promised.erase(member->id);
    return members.add(std::move(member));
}

void ClassicGroup::begin_generation() {
    ++generation_;
    protocol_name_ = members.vote();
    subscriptions_.read(protocol_type_, protocol_name_, members);
}

Joined ClassicGroup::joined_view(const Member& member) const {
    Joined joined{.generation = generation_,
                  .protocol_type = protocol_type_,
                  .protocol_name = protocol_name_,
                  .leader_id = members.leader_id(),
                  .member_id = member.id};
    if (!members.is_leader(member)) return joined;
    for (const auto& [id, each] : members.all()) {
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
    for (const auto& [id, member] : members.all()) {
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
    if (!members.leader_id().empty()) stored.leader_id = members.leader_id();
    for (const auto& [id, member] : members.all()) {
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
    members = Members();
    protocol_type_ = stored.protocol_type;
    protocol_name_ = stored.protocol_name.value_or("");
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
        members.add(std::move(member));
    }
    members.set_leader(stored.leader_id.value_or(""));
    const bool has_time = stored.state_timestamp_ms >= 0;
    set_state(members.all().empty() ? GroupState::empty : GroupState::stable,
              has_time ? stored.state_timestamp_ms : now_ms);
    subscriptions_.read(protocol_type_, protocol_name_, members);
}

void Subscriptions::expect(const std::string& protocol_type) {
    consumers_ = protocol_type == kConsumerProtocolType;
}

void Subscriptions::read(const std::string& protocol_type, const std::string& protocol_name,
                         const Members& members) {
    expect(protocol_type);
    topics_.reset();
    if (!consumers_) return;
    std::set<std::string> topics;
    for (const auto& [id, member] : members.all()) {
        auto some = subscribed_topics(member->metadata(protocol_name).bytes());
        if (!some) return;
        topics.merge(*some);
    }
    topics_ = std::move(topics);
}

bool Subscriptions::may_include(const std::string& topic) const {
    return topics_ ? topics_->contains(topic) : consumers_;
}

}  // namespace polylog::coordinator
