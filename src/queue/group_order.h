#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "model/ids.h"

namespace polylog::queue {

// Stands for a message group's name.
using GroupHash = base::Strong<struct GroupHashTag, uint64_t>;
GroupHash group_hash(std::string_view name);

// How many unsettled messages are indexed by their groups: enough to look past large groups that
// are blocked, and about 10 MB.
constexpr size_t kGroupWindow = 120'000;

// Which message of an ordered queue is next: within a group one after the other, groups beside each
// other. It mirrors what DeliveryState says of the messages from its start to scanned(), the
// window: its owner reads ahead in the log while there is room, and tells it every move of a
// message.
//
// A message may be handed out when every unsettled one of its group before it is ready or handed
// out by the same call. So a group with a message in flight delivers nothing behind it; what came
// back before it is delivered.
//
// Lives on the partition's shard; about 80 bytes a message of the window. Everything costs
// O(log n).
class GroupOrder {
public:
    explicit GroupOrder(model::Offset start, size_t window = kGroupWindow)
        : scanned_(start), window_(window) {}

    // The messages below are indexed: read on from here.
    model::Offset scanned() const { return scanned_; }
    // How many more may be added; none while the window is full of unsettled messages.
    size_t room() const { return window_ - std::min(window_, members_.size()); }
    // The next message that is not settled, at or behind scanned(); ready, or held: leased, delayed
    // or dead.
    void add(model::Offset offset, GroupHash group, bool ready);
    // There is none before `to` any more.
    void skip(model::Offset to) { scanned_ = std::max(scanned_, to); }

    // Moves of messages; those outside of the window are ignored.
    void hold(model::Offset offset);
    void release(model::Offset offset);
    void settle(model::Offset offset);
    void settle_below(model::Offset offset);
    // Forgets everything; the scan begins again there.
    void restart(model::Offset start);

    // What to hand out now, at most `max`: as many as possible of the group whose turn it is, in
    // order, then of the next one. Groups come in the order of their first such messages. The
    // caller leases them and says hold() of each.
    std::vector<model::Offset> pick(size_t max) const;
    bool empty() const { return heads_.empty(); }

    size_t size_bytes() const;

private:
    struct Member {
        GroupHash group;
        bool ready = false;
    };
    struct Group {
        std::set<model::Offset> ready;
        std::set<model::Offset> held;
        std::optional<model::Offset> head;  // as listed in heads_

        std::optional<model::Offset> deliverable() const;
    };

    void list(GroupHash hash, Group& group);
    void move(model::Offset offset, bool ready);

    model::Offset scanned_;
    size_t window_;
    boost::unordered_flat_map<model::Offset, Member, std::hash<model::Offset>> members_;
    boost::unordered_flat_map<GroupHash, Group, std::hash<GroupHash>> groups_;
    // The first message that may be handed out of each group that has one.
    std::set<std::pair<model::Offset, GroupHash>> heads_;
};

}  // namespace polylog::queue
