#include "queue/fair_order.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace polylog::queue {

using model::Offset;

namespace {

// Of messages that name no group.
constexpr GroupHash kNoGroup{0};
constexpr uint64_t kLoudLeasedMin = 30;
constexpr uint64_t kLoudShare = 10;  // of all, one in so many
constexpr double kHalfLifeMs = 60'000;

}  // namespace

void FairOrder::Load::advance(Tick now) {
    if (now <= since) return;
    const double elapsed_ms = static_cast<double>(now.value - since.value);
    const double kept = std::exp2(-elapsed_ms / kHalfLifeMs);
    busy_ms = busy_ms * kept +
              static_cast<double>(leased) * (1 - kept) * kHalfLifeMs / std::numbers::ln2;
    since = now;
}

void FairOrder::enter(Offset offset, GroupHash hash, Place place, Tick now) {
    Group& group = groups_[hash];
    if (place == Place::ready) {
        group.ready.insert(offset);
        if (!group.in_round) round_.push_back(hash);
        group.in_round = true;
    } else if (place == Place::leased) {
        group.load.advance(now);
        total_.advance(now);
        ++group.load.leased;
        ++total_.leased;
    }
}

void FairOrder::leave(Offset offset, const Member& member, Tick now) {
    Group& group = groups_[member.group];
    if (member.place == Place::ready) {
        group.ready.erase(offset);
    } else if (member.place == Place::leased) {
        group.load.advance(now);
        total_.advance(now);
        --group.load.leased;
        --total_.leased;
    }
}

void FairOrder::add(Offset offset, std::optional<GroupHash> group, Place place, Tick now) {
    const GroupHash hash = group.value_or(kNoGroup);
    window_.add(offset, {.group = hash, .place = place});
    enter(offset, hash, place, now);
    ++groups_[hash].members;
}

void FairOrder::move(Offset offset, Place place, Tick now) {
    Member* member = window_.find(offset);
    if (member == nullptr || member->place == place) return;
    leave(offset, *member, now);
    member->place = place;
    enter(offset, member->group, place, now);
}

void FairOrder::settle(Offset offset, Tick now) {
    const Member* found = window_.find(offset);
    if (found == nullptr) return;
    const Member member = *found;
    window_.remove(offset);
    leave(offset, member, now);
    Group& group = groups_[member.group];
    // One in the round is dropped when its turn comes.
    if (--group.members == 0 && !group.in_round) groups_.erase(member.group);
}

void FairOrder::settle_below(Offset offset, Tick now) {
    if (offset >= scanned()) return restart(offset);
    for (const Offset member : window_.below(offset)) settle(member, now);
}

void FairOrder::restart(Offset start) {
    window_.restart(start);
    groups_.clear();
    round_.clear();
    total_ = {};
}

bool FairOrder::is_loud(GroupHash hash, Group& group, Tick now) {
    if (hash == kNoGroup) return false;
    group.load.advance(now);
    total_.advance(now);
    const bool crowds = group.load.leased >= kLoudLeasedMin &&
                        group.load.leased * kLoudShare > total_.leased;
    return crowds || group.load.busy_ms * kLoudShare > total_.busy_ms;
}

std::optional<Offset> FairOrder::next(Tick now) {
    std::optional<GroupHash> loud;
    // At most a handful are loud at a time, and one without anything ready leaves the round.
    for (size_t left = round_.size(); left > 0; --left) {
        const GroupHash hash = round_.front();
        round_.pop_front();
        Group& group = groups_[hash];
        if (group.ready.empty()) {
            group.in_round = false;
            if (group.members == 0) groups_.erase(hash);
            continue;
        }
        round_.push_back(hash);
        if (!is_loud(hash, group, now)) return *group.ready.begin();
        if (!loud) loud = hash;
    }
    if (!loud) return std::nullopt;
    // Every one had been passed over, so the first of them is at the front again.
    round_.push_back(round_.front());
    round_.pop_front();
    return *groups_[*loud].ready.begin();
}

size_t FairOrder::size_bytes() const {
    constexpr size_t kTreeNodeBytes = 4 * sizeof(void*) + sizeof(Offset);
    return window_.size_bytes() + window_.count() * kTreeNodeBytes +
           groups_.bucket_count() * sizeof(std::pair<GroupHash, Group>) +
           round_.size() * sizeof(GroupHash);
}

}  // namespace polylog::queue
