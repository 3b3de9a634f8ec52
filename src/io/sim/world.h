#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/sim/fault_points.h"
#include "io/sim/node.h"
#include "io/sim/scheduler.h"
#include "io/sim/sim_network.h"

namespace polylog::sim {

// What a world is like.
struct WorldOptions {
    LinkSettings links{};
    FaultPoints::Odds fault_points{};
    uint64_t events_max = 100'000'000;  // more is taken for a livelock
};

// A simulated cluster: nodes, the network between them and the clock above them, on one thread,
// from one seed. The same seed and the same program give the same run, to the event; digest()
// proves it.
//
//     World world(seed);
//     Node& server = world.add_node({.name = "server", .shards = 2});
//     server.boot([](Node& node) { return std::make_shared<EchoServer>(node); });
//     world.run_for(10s);
class World {
public:
    explicit World(uint64_t seed, WorldOptions options = {});
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    uint64_t seed() const { return seed_; }
    // For the scenario's own choices: the stream of that purpose, from its beginning.
    RandomStream random(std::string_view purpose, uint64_t index = 0) const {
        return root_.split("scenario").split(purpose, index);
    }

    // Nodes are down until booted.
    Node& add_node(NodeOptions options = {});
    SimNetwork& network() { return network_; }
    FaultPoints& fault_points() { return fault_points_; }
    Scheduler& scheduler() { return scheduler_; }
    Instant now() const { return scheduler_.now(); }
    // Runs `work` outside of all nodes after that time.
    void after(base::Duration delay, io::Work work);

    // All three stop early, with false, once the run has failed.
    bool run_for(base::Duration duration) { return run_until(now() + duration); }
    bool run_until(Instant end);
    // Until `reached` holds, asked after every event; false when it does not within `limit`.
    bool run_until(const std::function<bool()>& reached, base::Duration limit);

    // What a checker calls on a violation. The first one counts; the world stops.
    void fail(std::string what);
    // "at 12.345678901 s: ..."
    const std::optional<std::string>& failure() const { return failure_; }

private:
    bool step(Instant end);

    const uint64_t seed_;
    const uint64_t events_max_;
    RandomStream root_;
    Scheduler scheduler_;
    FaultPoints fault_points_;
    SimNetwork network_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::optional<std::string> failure_;
};

}  // namespace polylog::sim
