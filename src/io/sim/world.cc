#include "io/sim/world.h"

#include <fmt/core.h>

namespace polylog::sim {

World::World(uint64_t seed, WorldOptions options)
    : seed_(seed),
      events_max_(options.events_max),
      root_(seed),
      scheduler_(root_.split("scheduler")),
      fault_points_(root_.split("fault points"), options.fault_points),
      network_(scheduler_, root_.split("network"), options.links) {}

World::~World() {
    nodes_.clear();
    scheduler_.clear();  // events keep connections alive, and those need the network
}

Node& World::add_node(NodeOptions options) {
    const NodeId id{static_cast<uint32_t>(nodes_.size())};
    nodes_.push_back(
        std::make_unique<Node>(*this, id, std::move(options), root_.split("node", id.value)));
    return *nodes_.back();
}

void World::after(base::Duration delay, io::Work work) {
    scheduler_.at(now() + delay, {}, std::move(work));
}

bool World::run_until(Instant end) {
    while (step(end)) {}
    if (!failure_) scheduler_.advance_to(end);
    return !failure_;
}

bool World::run_until(const std::function<bool()>& reached, base::Duration limit) {
    const Instant end = now() + limit;
    while (!failure_) {
        if (reached()) return true;
        if (!step(end)) break;
    }
    if (!failure_) scheduler_.advance_to(end);
    return false;
}

void World::fail(std::string what) {
    const auto ns = now().time_since_epoch().count();
    if (!failure_)
        failure_ = fmt::format("at {}.{:09} s: {}", ns / 1'000'000'000, ns % 1'000'000'000, what);
}

bool World::step(Instant end) {
    if (failure_ || !scheduler_.run_next(end)) return false;
    if (scheduler_.events_run() > events_max_)
        fail(fmt::format("livelock: {} events", events_max_));
    return true;
}

}  // namespace polylog::sim
