#include "io/sim/sim_shard.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "io/sim/world.h"

namespace polylog::sim {

using base::Duration;

namespace {

// Reaction time of a loop, and of a message between two of them; now and then much longer.
constexpr Latency kTurnDelay{.floor = std::chrono::nanoseconds(200),
                             .spread = std::chrono::nanoseconds(1800),
                             .spike_probability = 0.001,
                             .spike = std::chrono::microseconds(500)};
constexpr Latency kPostDelay{.floor = std::chrono::nanoseconds(100),
                             .spread = std::chrono::microseconds(5),
                             .spike_probability = 0.01,
                             .spike = std::chrono::microseconds(500)};

// A turn goes on while its coroutines wake one another, up to here; then it ends and another
// begins.
constexpr int kRoundsPerTurn = 16;

thread_local SimShard* running_shard = nullptr;

}  // namespace

SimShard::SimShard(Node& node, io::ShardId id, RandomStream stream)
    : Shard(id),
      node_(node),
      stream_(stream),
      random_(stream.split("env"), node.world().fault_points()),
      disk_(node.disk()),
      network_(node.world().network(), node.id()),
      env_{node.clock(), random_, disk_, network_} {}

SimShard::~SimShard() {
    discard_work();
}

SimShard* SimShard::running() {
    return running_shard;
}

void SimShard::post(io::Work work) {
    if (node_.is_dying()) return;
    CHECK(!running_shard ||
          &running_shard->node_ == &node_);  // nodes share nothing but the network
    const size_t poster = running_shard ? 1 + running_shard->id().value : 0;
    if (last_arrival_from_.size() <= poster) last_arrival_from_.resize(poster + 1);
    const Instant at = std::max(now_in_world() + node_.slowed(kPostDelay.draw(stream_)),
                                last_arrival_from_[poster] + Duration(1));
    last_arrival_from_[poster] = at;
    inbox_.push_back({at, next_order_++, std::move(work)});
    std::push_heap(inbox_.begin(), inbox_.end(), later);
    arm_turn(inbox_.front().at);
}

void SimShard::at_end_of_turn(io::Work work) {
    if (node_.is_dying()) return;
    end_of_turn_.push_back(std::move(work));
    if (!in_turn_) arm_turn(now_in_world() + turn_delay());
}

void SimShard::run(io::Work work) {
    const Enter enter(*this);
    SimShard* const outer = std::exchange(running_shard, this);
    work();
    running_shard = outer;
}

void SimShard::ready_changed() {
    if (!in_turn_) arm_turn(now_in_world() + turn_delay());
}

void SimShard::timers_changed() {
    if (!in_turn_) arm_timer();
}

Duration SimShard::turn_delay() {
    return node_.slowed(kTurnDelay.draw(stream_));
}

void SimShard::arm_turn(Instant when) {
    when = std::max(when, now_in_world());
    if (turn_at_ <= when) return;
    turn_at_ = when;
    node_.schedule_turn(*this, when);
}

// A timer event is never taken back: one that comes too early finds the next deadline and goes on
// to it.
void SimShard::arm_timer() {
    if (timers().empty()) return;
    const Instant when = std::max(node_.clock().when(timers().next_deadline()), now_in_world());
    if (timer_at_ <= when) return;
    timer_at_ = when;
    node_.schedule_timer(*this, when);
}

void SimShard::turn_event() {
    if (now_in_world() != turn_at_) return;  // an earlier one took its place
    turn_at_ = kEndOfTime;
    if (!node_.is_paused()) turn();
}

void SimShard::timer_event() {
    if (now_in_world() != timer_at_) return;
    timer_at_ = kEndOfTime;
    if (timers().next_deadline() <= node_.clock().now()) {
        arm_turn(now_in_world() + turn_delay());
    } else {
        arm_timer();
    }
}

void SimShard::turn() {
    in_turn_ = true;
    run([this] {
        run_posted();
        timers().fire_due(now());
        for (int round = 0; has_ready() && round < kRoundsPerTurn; ++round) run_ready();
        run_end_of_turn();
    });
    in_turn_ = false;
    if (has_ready() || !end_of_turn_.empty()) arm_turn(now_in_world() + turn_delay());
    if (!inbox_.empty()) arm_turn(std::max(inbox_.front().at, now_in_world() + turn_delay()));
    arm_timer();
}

void SimShard::run_posted() {
    while (!inbox_.empty() && inbox_.front().at <= now_in_world()) {
        std::pop_heap(inbox_.begin(), inbox_.end(), later);
        io::Work work = std::move(inbox_.back().work);
        inbox_.pop_back();
        work();
    }
}

void SimShard::run_end_of_turn() {
    for (io::Work& work : std::exchange(end_of_turn_, {})) work();
}

// What is dropped may post and schedule more; that is ignored, because the node is dying.
void SimShard::discard_work() {
    run([this] {
        const auto posted = std::exchange(inbox_, {});
        const auto closing = std::exchange(end_of_turn_, {});
        destroy_tasks();
    });
}

Instant SimShard::now_in_world() const {
    return node_.world().scheduler().now();
}

}  // namespace polylog::sim
