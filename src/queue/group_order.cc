#include "queue/group_order.h"

#include <algorithm>

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
    window_.add(offset, {.group = hash, .ready = ready});
    Group& group = groups_[hash];
    auto& offsets = ready ? group.ready : group.held;
    offsets.insert(offsets.end(), offset);
    list(hash, group);
}

void GroupOrder::move(Offset offset, bool ready) {
    Member* member = window_.find(offset);
    if (member == nullptr || member->ready == ready) return;
    member->ready = ready;
    const GroupHash hash = member->group;
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
    const Member* member = window_.find(offset);
    if (member == nullptr) return;
    const auto [hash, ready] = *member;
    window_.remove(offset);
    Group& group = groups_.find(hash)->second;
    (ready ? group.ready : group.held).erase(offset);
    list(hash, group);
}

void GroupOrder::settle_below(Offset offset) {
    if (offset >= scanned()) return restart(offset);
    for (const Offset member : window_.below(offset)) settle(member);
}

void GroupOrder::restart(Offset start) {
    window_.restart(start);
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
    return window_.size_bytes() + window_.count() * kTreeNodeBytes +
           groups_.size() * (2 * sizeof(std::pair<GroupHash, Group>)) +
           heads_.size() * (kTreeNodeBytes + sizeof(GroupHash));
}

}  // namespace polylog::queue
