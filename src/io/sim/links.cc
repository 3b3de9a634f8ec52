#include "io/sim/links.h"

#include <algorithm>

namespace polylog::sim {

using base::Duration;

namespace {

constexpr LinkSettings kLoopback{.latency = {.floor = std::chrono::microseconds(5),
                                             .spread = std::chrono::microseconds(20)},
                                 .bytes_per_second = 4'000'000'000};

}  // namespace

Links::Links(const Scheduler& scheduler, RandomStream stream, LinkSettings defaults)
    : scheduler_(scheduler), stream_(stream), defaults_(defaults) {}

void Links::cut_both(NodeId a, NodeId b) {
    cut(a, b);
    cut(b, a);
}

void Links::heal_both(NodeId a, NodeId b) {
    heal(a, b);
    heal(b, a);
}

void Links::heal_all() {
    for (auto& [nodes, link] : links_) link.is_cut = false;
}

void Links::stall(NodeId from, NodeId to, Duration duration) {
    link(from, to).stalled_until = scheduler_.now() + duration;
}

bool Links::is_cut(NodeId from, NodeId to) const {
    const auto found = links_.find({from, to});
    return from != to && found != links_.end() && found->second.is_cut;
}

Instant Links::arrival(NodeId from, NodeId to, size_t size_bytes) {
    Link& used = link(from, to);
    constexpr uint64_t kNanosPerSecond = 1'000'000'000;
    const Duration sending(size_bytes * kNanosPerSecond / used.settings.bytes_per_second);
    used.busy_until = std::max({used.busy_until, used.stalled_until, scheduler_.now()}) + sending;
    return used.busy_until + used.settings.latency.draw(stream_);
}

bool Links::draws_reset(NodeId from, NodeId to) {
    return stream_.chance(link(from, to).settings.reset);
}

Links::Link& Links::link(NodeId from, NodeId to) {
    const auto found = links_.find({from, to});
    if (found != links_.end()) return found->second;
    const LinkSettings& settings = from == to ? kLoopback : defaults_;
    return links_.emplace(std::pair{from, to}, Link{.settings = settings}).first->second;
}

}  // namespace polylog::sim
