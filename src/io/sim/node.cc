#include "io/sim/node.h"

#include <fmt/core.h>

#include "base/check.h"
#include "io/sim/world.h"

namespace polylog::sim {

using base::Duration;

Node::Node(World& world, NodeId id, NodeOptions options, RandomStream stream)
    : world_(world),
      id_(id),
      address_(fmt::format("10.0.{}.{}", id.value / 250, id.value % 250 + 1)),
      shards_per_boot_(options.shards),
      stream_(stream),
      clock_(world.scheduler(), stream.split("clock"), options.clock),
      disk_(world.scheduler(), stream.split("disk"), id, options.disk) {
    CHECK(options.shards > 0);
    std::string name = options.name.empty() ? fmt::format("node{}", id.value) : options.name;
    world.network().add_host(id, std::move(name), address_);
    clock_.on_rate_change([this] {
        for (const auto& shard : shards_) shard->clock_changed();
    });
}

Node::~Node() {
    destroy_program();
}

void Node::boot(Program program) {
    CHECK(!is_running() && !is_dying_);
    program_ = std::move(program);
    ++boots_;
    if (!has_power_) clock_.restart_monotonic();
    has_power_ = true;
    world_.network().power_up(id_);
    for (uint32_t i = 0; i < shards_per_boot_; ++i) {
        const uint64_t index = uint64_t{boots_} << 32 | i;
        shards_.push_back(
            std::make_unique<SimShard>(*this, io::ShardId{i}, stream_.split("shard", index)));
    }
    if (program_) shards_.front()->run([this] { running_program_ = program_(*this); });
}

void Node::crash(Crash kind) {
    CHECK(!SimShard::running() || &SimShard::running()->node() != this);
    if (kind == Crash::kill && !is_running()) return;
    is_dying_ = true;
    if (kind == Crash::power_cut) has_power_ = false;
    disk_.crash(kind);
    world_.network().crash(id_, kind);
    destroy_program();
    is_dying_ = false;
    is_paused_ = false;
}

// Tasks before the program whose parts they use, the program before the shards that its parts live
// on: the order of LinuxShards::close.
void Node::destroy_program() {
    if (!is_running()) return;
    is_dying_ = true;
    for (const auto& shard : shards_) shard->discard_work();
    CHECK(running_program_.use_count() <= 1);
    shards_.front()->run([this] { running_program_.reset(); });
    shards_.clear();
}

void Node::resume() {
    is_paused_ = false;
    for (const auto& shard : shards_) shard->resumed();
}

void Node::set_slowness(double factor) {
    slowness_ = factor;
    disk_.set_slowness(factor);
}

void Node::spawn(io::Task<void> task, uint32_t shard_index) {
    shard(shard_index).post([task = std::move(task)]() mutable {
        io::Shard::current().scope().spawn(std::move(task));
    });
}

Duration Node::slowed(Duration duration) const {
    if (slowness_ == 1) return duration;
    return Duration(static_cast<int64_t>(static_cast<double>(duration.count()) * slowness_));
}

// Events of a boot that has ended find another number, or no shards.
void Node::schedule_turn(const SimShard& shard, Instant when) {
    const auto event = [this, boot = boots_, index = shard.id().value] {
        if (boot == boots_ && is_running()) shards_[index]->turn_event();
    };
    world_.scheduler().at(when, {id_, EventKind::turn, shard.id().value}, event);
}

void Node::schedule_timer(const SimShard& shard, Instant when) {
    const auto event = [this, boot = boots_, index = shard.id().value] {
        if (boot == boots_ && is_running()) shards_[index]->timer_event();
    };
    world_.scheduler().at(when, {id_, EventKind::timer, shard.id().value}, event);
}

}  // namespace polylog::sim
