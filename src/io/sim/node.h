#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/sim/sim_shard.h"

namespace polylog::sim {

class World;

// What a node is like.
struct NodeOptions {
    std::string name{};  // resolves to the node's address; empty: "node<id>"
    uint32_t shards = 1;
    NodeClock::Accuracy clock{};
    DiskSettings disk{};
};

// Makes what runs on a node, at each boot, on the node's shard 0; it may post to the others. What
// it returns is destroyed at the crash without being asked, after every task and message of the
// node's shards; nobody else may keep it alive.
using Program = std::function<std::shared_ptr<void>(Node& node)>;

// A machine: an address, two clocks and a disk, which last as long as the world; and from boot to
// crash a number of shards and the program on them.
class Node {
public:
    Node(World& world, NodeId id, NodeOptions options, RandomStream stream);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    World& world() { return world_; }
    NodeId id() const { return id_; }
    // "10.0.0.1" for the first node.
    const std::string& address() const { return address_; }
    NodeClock& clock() { return clock_; }
    SimDisk& disk() { return disk_; }

    // Powers the machine up if it is down, makes the shards and runs `program`.
    void boot(Program program);
    // Boots with the program of the last boot.
    void restart() { boot(program_); }
    // The program dies, now. Not from code running on this node: use World::after. A power cut may
    // hit a machine whose program is dead already.
    void crash(Crash kind);
    bool is_running() const { return !shards_.empty(); }

    // Stops the program as SIGSTOP does: its shards take no turns, while its kernel goes on with
    // disk and network and all clocks run.
    void pause() { is_paused_ = true; }
    void resume();
    // Stretches what takes time on the node, turns and disk. 1.0 is normal.
    void set_slowness(double factor);

    uint32_t shard_count() const { return static_cast<uint32_t>(shards_.size()); }
    SimShard& shard(uint32_t index) { return *shards_.at(index); }
    // Starts a task in the scope of a shard; it dies with the node.
    void spawn(io::Task<void> task, uint32_t shard_index = 0);

private:
    friend class SimShard;

    bool is_dying() const { return is_dying_; }
    bool is_paused() const { return is_paused_; }
    base::Duration slowed(base::Duration duration) const;
    void schedule_turn(const SimShard& shard, Instant when);
    void schedule_timer(const SimShard& shard, Instant when);
    void destroy_program();

    World& world_;
    const NodeId id_;
    const std::string address_;
    const uint32_t shards_per_boot_;
    RandomStream stream_;
    NodeClock clock_;
    SimDisk disk_;
    Program program_;
    std::vector<std::unique_ptr<SimShard>> shards_;
    std::shared_ptr<void> running_program_;
    uint32_t boots_ = 0;
    bool has_power_ = false;
    bool is_paused_ = false;
    bool is_dying_ = false;
    double slowness_ = 1;
};

}  // namespace polylog::sim
