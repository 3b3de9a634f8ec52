#include "queue/group_order.h"

#include <algorithm>

#include "base/check.h"
#include "base/hash.h"

namespace polylog::queue {

using model::Offset;

GroupHash group_hash(std::string_view name) {
    return {base::xxh3_64(base::as_bytes(name))};
}

std::optional<Offset> GroupOrder::Group::deliverable() const {
    if (ready.empty() || (!held.empty() && *held.begin() < *ready.begin())) return std::nullopt;
    return *ready.begin();
}

// Lists the group under what it delivers next, or drops it when nothing is left of it.
void GroupOrder::list(GroupHash hash, Group& group) {
    const std::optional<Offset> head = group.deliverable();
    if (head != group.head) {
        if (group.head) heads_.erase({*group.head, hash});
        if (head) heads_.insert({*head, hash});
        group.head = head;
    }
    if (group.ready.empty() && group.held.empty()) groups_.erase(hash);
}

void GroupOrder::add(Offset offset, GroupHash hash, bool ready) {
    CHECK(offset >= scanned_);
    scanned_ = {offset.value + 1};
    members_[offset] = {.group = hash, .ready = ready};
    Group& group = groups_[hash];
    auto& offsets = ready ? group.ready : group.held;
    offsets.insert(offsets.end(), offset);
    list(hash, group);
}

void GroupOrder::move(Offset offset, bool ready) {
    const auto member = members_.find(offset);
    if (member == members_.end() || member->second.ready == ready) return;
    member->second.ready = ready;
    const GroupHash hash = member->second.group;
    Group& group = groups_.find(hash)->second;
    (ready ? group.held : group.ready).erase(offset);
    (ready ? group.ready : group.held).insert(offset);
    list(hash, group);
}

void GroupOrder::hold(Offset offset) {
    move(offset, false);
}

void GroupOrder::release(Offset offset) {
    move(offset, true);
}

void GroupOrder::settle(Offset offset) {
    const auto member = members_.find(offset);
    if (member == members_.end()) return;
    const auto [hash, ready] = member->second;
    members_.erase(member);
    Group& group = groups_.find(hash)->second;
    (ready ? group.ready : group.held).erase(offset);
    list(hash, group);
}

void GroupOrder::settle_below(Offset offset) {
    if (offset >= scanned_) return restart(offset);
    std::vector<Offset> settled;
    for (const auto& [member, group] : members_) {
        if (member < offset) settled.push_back(member);
    }
    for (const Offset member : settled) settle(member);
}

void GroupOrder::restart(Offset start) {
    scanned_ = start;
    members_.clear();
    groups_.clear();
    heads_.clear();
}

std::vector<Offset> GroupOrder::pick(size_t max) const {
    std::vector<Offset> picked;
    for (const auto& [head, hash] : heads_) {
        const Group& group = groups_.find(hash)->second;
        for (const Offset offset : group.ready) {
            if (picked.size() == max) return picked;
            if (!group.held.empty() && *group.held.begin() < offset) break;
            picked.push_back(offset);
        }
        if (picked.size() == max) break;
    }
    return picked;
}

size_t GroupOrder::size_bytes() const {
    constexpr size_t kTreeNodeBytes = 4 * sizeof(void*) + sizeof(Offset);
    return members_.size() * (2 * sizeof(std::pair<Offset, Member>) + kTreeNodeBytes) +
           groups_.size() * (2 * sizeof(std::pair<GroupHash, Group>)) +
           heads_.size() * (kTreeNodeBytes + sizeof(GroupHash));
}

}  // namespace polylog::queue
