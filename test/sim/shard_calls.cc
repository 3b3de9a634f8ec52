#include <fmt/core.h>

#include <memory>
#include <vector>

#include "io/fault.h"
#include "test/sim/nemesis.h"
#include "test/sim/scenario.h"

// Every shard calls every shard, with several calls under way at once, while the node is paused,
// slowed down and killed.
//
// The checker: calls from one shard to another start in the order they were made, each exactly
// once; results return to the shard and the task that asked; and nothing runs on a shard but its
// own.
namespace polylog::sim {
namespace {

using io::Task;

constexpr uint32_t kShards = 3;

struct Tally {
    uint64_t answered = 0;
};

class Callers {
public:
    Callers(Node& node, std::shared_ptr<Tally> tally) : node_(node), tally_(std::move(tally)) {
        for (uint32_t from = 0; from < kShards; ++from) {
            for (uint32_t to = 0; to < kShards; ++to) node_.spawn(keep_calling(from, to), from);
        }
    }

private:
    Task<void> keep_calling(uint32_t from, uint32_t to) {
        const uint64_t batch = 4;
        for (uint64_t next = 0;; next += batch) {
            io::TaskScope calls;
            for (uint64_t i = 0; i < batch; ++i) calls.spawn(call_once(from, to, next + i));
            co_await calls.join();
        }
    }

    Task<void> call_once(uint32_t from, uint32_t to, uint64_t number) {
        auto work = [this, from, to, number] { return serve(from, to, number); };
        const uint64_t answer = co_await io::call(node_.shard(to), std::move(work));
        check(answer == number * 2, "wrong answer");
        check(io::Shard::current().id().value == from, "answer on another shard");
        ++tally_->answered;
    }

    Task<uint64_t> serve(uint32_t from, uint32_t to, uint64_t number) {
        check(io::Shard::current().id().value == to, "call on another shard");
        check(number == expected_[from][to], "call out of order");
        ++expected_[from][to];
        if (FAULT_POINT(node_.shard(to), "shard_calls.serve.late")) {
            co_await io::sleep_for(std::chrono::microseconds(50));
        }
        co_await io::yield();
        co_return number * 2;
    }

    void check(bool holds, std::string_view violation) {
        if (!holds) node_.world().fail(std::string(violation));
    }

    Node& node_;
    const std::shared_ptr<Tally> tally_;
    uint64_t expected_[kShards][kShards] = {};
};

void run_shard_calls(World& world) {
    const auto tally = std::make_shared<Tally>();
    Node& node = world.add_node({.shards = kShards});
    node.boot([tally](Node& booted) { return std::make_shared<Callers>(booted, tally); });
    Nemesis nemesis(world, {&node},
                    {.torments = {Torment::kill, Torment::pause, Torment::slow},
                     .gap_max = std::chrono::milliseconds(5),
                     .each_max = std::chrono::milliseconds(3)});
    if (!nemesis.run_for(std::chrono::milliseconds(30))) return;
    const uint64_t demanded = tally->answered + 100;
    const auto answered = [&] { return tally->answered >= demanded; };
    if (!world.run_until(answered, std::chrono::seconds(1))) world.fail("calls go unanswered");
}

const bool registered = register_scenario({
    .name = "shard_calls",
    .promise = "calls between shards start once, in order, and are answered",
    .run = run_shard_calls,
});

}  // namespace
}  // namespace polylog::sim
