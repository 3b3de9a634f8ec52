#pragma once

#include <vector>

#include "io/shard.h"
#include "io/sim/clock.h"
#include "io/sim/disk_mount.h"
#include "io/sim/fault_points.h"
#include "io/sim/network_port.h"

namespace polylog::sim {

class Node;

// A shard of a simulated node. Its turns are events of the world: each runs a small random time
// after what it reacts to, at one instant. Lives from a node's boot to its crash.
class SimShard : public io::Shard {
public:
    SimShard(Node& node, io::ShardId id, RandomStream stream);
    ~SimShard() override;

    io::Env& env() override { return env_; }
    // From a shard of the same node, or from outside the world. Work arrives after a small random
    // delay, in order for each poster; two posters' work mixes as it likes.
    void post(io::Work work) override;
    void at_end_of_turn(io::Work work) override;

    // Runs `work` now, as this shard, outside of a turn.
    void run(io::Work work);
    // The shard whose code is running, or null.
    static SimShard* running();
    Node& node() { return node_; }

private:
    friend class Node;

    class ShardRandom : public io::Random {
    public:
        ShardRandom(RandomStream stream, FaultPoints& fault_points)
            : stream_(stream), fault_points_(fault_points) {}
        uint64_t next() override { return stream_.next(); }
        bool fault_point(std::string_view name) override { return fault_points_.fires(name); }

    private:
        RandomStream stream_;
        FaultPoints& fault_points_;
    };
    struct Posted {
        Instant at;
        uint64_t order;
        io::Work work;
    };

    void ready_changed() override;
    void timers_changed() override;
    base::Duration turn_delay();
    void arm_turn(Instant when);
    void arm_timer();
    // For the node: events of this shard.
    void turn_event();
    void timer_event();
    void resumed() { arm_turn(now_in_world()); }
    void clock_changed() { arm_timer(); }
    void discard_work();

    void turn();
    void run_posted();
    void run_end_of_turn();
    Instant now_in_world() const;
    static bool later(const Posted& a, const Posted& b) {
        return a.at != b.at ? a.at > b.at : a.order > b.order;
    }

    Node& node_;
    RandomStream stream_;
    ShardRandom random_;
    DiskMount disk_;
    NetworkPort network_;
    io::Env env_;
    std::vector<Posted> inbox_;               // a heap by (at, order)
    std::vector<Instant> last_arrival_from_;  // by poster: 0 is outside, 1 + id a shard
    uint64_t next_order_ = 0;
    std::vector<io::Work> end_of_turn_;
    Instant turn_at_ = kEndOfTime;   // of the next turn event
    Instant timer_at_ = kEndOfTime;  // of the next timer event
    bool in_turn_ = false;
};

}  // namespace polylog::sim
