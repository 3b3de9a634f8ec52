#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>

#include <boost/unordered/unordered_flat_map.hpp>

#include "model/ids.h"
#include "queue/lease.h"
#include "queue/scan_window.h"

namespace polylog::queue {

// Which message of a queue without order is next when its messages name groups: groups take turns,
// one message each, so that a group with a large backlog does not hold up the others. (Deficit
// round robin; every message costs the same, so no deficit is carried over.) Messages without a
// group share one turn in the round.
//
// A group is loud while it has at least 30 messages and more than a tenth of all that are leased,
// or while more than a tenth of the recent time under lease was its own; the messages of all others
// come first. A loud group that waits becomes quiet.
//
// Like GroupOrder it mirrors DeliveryState over a window of the log, and is told every move. Lives
// on the partition's shard; about 80 bytes a message of the window. Needed only once a message of
// the queue named a group.
class FairOrder {
public:
    explicit FairOrder(model::Offset start, size_t window = kGroupWindow)
        : window_(start, window) {}

    // See GroupOrder.
    model::Offset scanned() const { return window_.scanned(); }
    size_t room() const { return window_.room(); }
    void skip(model::Offset to) { window_.skip(to); }

    enum class Place : uint8_t { ready, leased, hidden };  // hidden: delayed or dead
    void add(model::Offset offset, std::optional<GroupHash> group, Place place, Tick now);
    // Moves of messages; those outside of the window are ignored.
    void move(model::Offset offset, Place place, Tick now);
    void settle(model::Offset offset, Tick now);
    void settle_below(model::Offset offset, Tick now);
    void restart(model::Offset start);

    // The message whose turn it is; the turn is over. The caller leases it and says so by move().
    std::optional<model::Offset> next(Tick now);

    size_t size_bytes() const;

private:
    struct Member {
        GroupHash group;
        Place place{};
    };
    // Time under lease, of which half is forgotten every minute.
    struct Load {
        uint64_t leased = 0;
        double busy_ms = 0;
        Tick since;

        void advance(Tick now);
    };
    struct Group {
        std::set<model::Offset> ready;
        Load load;
        uint64_t members = 0;
        bool in_round = false;
    };

    void enter(model::Offset offset, GroupHash hash, Place place, Tick now);
    void leave(model::Offset offset, const Member& member, Tick now);
    bool is_loud(GroupHash hash, Group& group, Tick now);

    ScanWindow<Member> window_;
    boost::unordered_flat_map<GroupHash, Group, std::hash<GroupHash>> groups_;
    std::deque<GroupHash> round_;  // groups with something ready, and some that had
    Load total_;
};

}  // namespace polylog::queue
