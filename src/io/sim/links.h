#pragma once

#include <map>
#include <utility>
#include <vector>

#include "io/sim/scheduler.h"

namespace polylog::sim {

// One direction between two nodes.
struct LinkSettings {
    Latency latency{.floor = std::chrono::microseconds(50),
                    .spread = std::chrono::microseconds(250),
                    .spike_probability = 0.001,
                    .spike = std::chrono::milliseconds(50)};
    uint64_t bytes_per_second = 250'000'000;
    // Per piece of data sent: a middlebox resets the connection after part of the piece.
    double reset = 0;
};

// How long bytes take from node to node, and whether they arrive at all. Every pair has two
// directions that can be cut, stalled and set apart. A node always reaches itself, fast.
class Links {
public:
    Links(const Scheduler& scheduler, RandomStream stream, LinkSettings defaults);

    // Of one direction, from then on.
    LinkSettings& settings(NodeId from, NodeId to) { return link(from, to).settings; }
    // Of every direction that has no settings of its own yet.
    LinkSettings& defaults() { return defaults_; }

    // Bytes from `from` to `to` vanish until healed.
    void cut(NodeId from, NodeId to) { link(from, to).is_cut = true; }
    void heal(NodeId from, NodeId to) { link(from, to).is_cut = false; }
    void cut_both(NodeId a, NodeId b);
    void heal_both(NodeId a, NodeId b);
    void heal_all();
    // What is sent from now on arrives after that, in order.
    void stall(NodeId from, NodeId to, base::Duration duration);

    bool is_cut(NodeId from, NodeId to) const;
    // When `size_bytes` handed to the link now reach the other end, if they do.
    Instant arrival(NodeId from, NodeId to, size_t size_bytes);
    bool draws_reset(NodeId from, NodeId to);

private:
    struct Link {
        LinkSettings settings;
        bool is_cut = false;
        Instant busy_until{};  // bandwidth: pieces leave one after the other
        Instant stalled_until{};
    };
    Link& link(NodeId from, NodeId to);

    const Scheduler& scheduler_;
    RandomStream stream_;
    LinkSettings defaults_;
    std::map<std::pair<NodeId, NodeId>, Link> links_;
};

}  // namespace polylog::sim
