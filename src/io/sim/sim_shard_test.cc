#include "io/sim/sim_shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "io/sim/run_task.h"

namespace polylog::sim {
namespace {

using base::operator""ns;
using base::operator""us;
using base::operator""ms;
using base::operator""s;
using io::Task;

const NodeOptions kPerfectClock{.clock = {.drift_max = 0, .offset_max = {}}};

NodeOptions with_shards(uint32_t shards) {
    NodeOptions options = kPerfectClock;
    options.shards = shards;
    return options;
}

Task<int> shard_number() {
    co_return static_cast<int>(io::Shard::current().id().value);
}

Task<int> ask(io::Shard& target) {
    co_return co_await io::call(target, [] { return shard_number(); });
}

Task<base::MonoTime> sleep_then_look(base::Duration duration) {
    co_await io::sleep_for(duration);
    co_return io::Shard::current().now();
}

Task<void> count_yields(int& count, int until) {
    while (count < until) {
        ++count;
        co_await io::yield();
    }
}

Task<void> wait_then_log(io::Signal& signal, std::string& log) {
    co_await signal.wait();
    log += "woken ";
}

TEST(SimShard, RunsPostedWorkInALaterTurnAsThatShard) {
    World world(1);
    Node& node = world.add_node(with_shards(2));
    node.boot({});
    uint32_t ran_on = 99;
    node.shard(1).post([&] { ran_on = io::Shard::current().id().value; });
    EXPECT_EQ(ran_on, 99u);
    world.run_for(1ms);
    EXPECT_EQ(ran_on, 1u);
}

TEST(SimShard, KeepsTheOrderOfEachPosterAndMixesPosters) {
    std::set<std::vector<int>> mixtures;
    for (uint64_t seed = 0; seed < 10; ++seed) {
        World world(seed);
        Node& node = world.add_node(with_shards(3));
        node.boot({});
        std::vector<int> arrived;
        for (uint32_t poster = 0; poster < 2; ++poster) {
            node.shard(poster).post([&, poster] {
                for (int i = 0; i < 20; ++i) {
                    const int number = static_cast<int>(poster) * 100 + i;
                    node.shard(2).post([&arrived, number] { arrived.push_back(number); });
                }
            });
        }
        world.run_for(100ms);
        ASSERT_EQ(arrived.size(), 40u);
        std::vector<int> of_poster[2];
        for (const int number : arrived) of_poster[number / 100].push_back(number);
        EXPECT_TRUE(std::ranges::is_sorted(of_poster[0]));
        EXPECT_TRUE(std::ranges::is_sorted(of_poster[1]));
        mixtures.insert(arrived);
    }
    EXPECT_GT(mixtures.size(), 5u);
}

TEST(SimShard, CallsReturnResultsFromAnotherShard) {
    World world(1);
    Node& node = world.add_node(with_shards(2));
    node.boot({});
    EXPECT_EQ(run_task(node, ask(node.shard(1))), 1);
    EXPECT_EQ(run_task(node, ask(node.shard(0))), 0);
}

TEST(SimShard, EndOfTurnComesAfterEverythingThatWasReady) {
    World world(1);
    Node& node = world.add_node(kPerfectClock);
    node.boot({});
    std::string log;
    io::Signal signal;
    node.shard(0).post([&] {
        io::Shard::current().scope().spawn(wait_then_log(signal, log));
        io::Shard::current().at_end_of_turn([&] { log += "end "; });
        signal.notify_all();
        log += "posted ";
    });
    world.run_for(1ms);
    EXPECT_EQ(log, "posted woken end ");
}

TEST(SimShard, EndOfTurnWorkAskedForAtTheEndOfATurnRunsInTheNext) {
    World world(1);
    Node& node = world.add_node(kPerfectClock);
    node.boot({});
    std::vector<base::MonoTime> times;
    node.shard(0).post([&] {
        io::Shard::current().at_end_of_turn([&] {
            times.push_back(io::Shard::current().now());
            io::Shard::current().at_end_of_turn(
                [&] { times.push_back(io::Shard::current().now()); });
        });
    });
    world.run_for(1ms);
    ASSERT_EQ(times.size(), 2u);
    EXPECT_LT(times[0], times[1]);
}

TEST(SimShard, TimersFireAtOrSoonAfterTheirDeadlineByTheNodesClock) {
    World world(1);
    for (const double rate : {0.95, 1.0, 1.05}) {
        Node& node = world.add_node(kPerfectClock);
        node.clock().set_monotonic_rate(rate);
        node.boot({});
        const auto before = node.clock().now();
        const auto woken = run_task(node, sleep_then_look(100ms));
        ASSERT_TRUE(woken);
        EXPECT_GE(*woken, before + 100ms);
        EXPECT_LE(*woken, before + 102ms);
    }
}

TEST(SimShard, TimersFollowAClockThatChangesItsPace) {
    World world(1);
    Node& node = world.add_node(kPerfectClock);
    node.boot({});
    world.after(1s, [&] { node.clock().set_monotonic_rate(10); });
    const auto woken = run_task(node, sleep_then_look(11s));
    ASSERT_TRUE(woken);
    EXPECT_GE(world.now(), Instant(2s));
    EXPECT_LE(world.now(), Instant(2s + 10ms));
}

TEST(SimShard, ABusyLoopLetsTimePass) {
    World world(1);
    Node& node = world.add_node(kPerfectClock);
    node.boot({});
    int count = 0;
    node.spawn(count_yields(count, 1000));
    EXPECT_TRUE(world.run_until([&] { return count == 1000; }, 1s));
    EXPECT_GT(world.now(), Instant(10us));
}

TEST(SimShard, TakesNoTurnsWhilePausedAndMissesNothing) {
    World world(1);
    Node& node = world.add_node(kPerfectClock);
    node.boot({});
    bool posted_ran = false;
    const auto before = node.clock().now();
    base::MonoTime woken{};
    node.shard(0).post([&] { posted_ran = true; });
    node.spawn(
        [](base::MonoTime& out) -> Task<void> { out = co_await sleep_then_look(10ms); }(woken));
    node.pause();
    world.run_for(5s);
    EXPECT_FALSE(posted_ran);
    EXPECT_EQ(woken, base::MonoTime{});
    node.resume();
    world.run_for(100ms);
    EXPECT_TRUE(posted_ran);
    EXPECT_GE(woken, before + 5s);  // the clock ran on
}

TEST(SimShard, TurnsOfASlowNodeTakeLonger) {
    const auto time_of_yields = [](double slowness) {
        World world(1);
        Node& node = world.add_node(kPerfectClock);
        node.set_slowness(slowness);
        node.boot({});
        int count = 0;
        node.spawn(count_yields(count, 500));
        EXPECT_TRUE(world.run_until([&] { return count == 500; }, 60s));
        return world.now().time_since_epoch();
    };
    EXPECT_GT(time_of_yields(20), time_of_yields(1) * 10);
}

}  // namespace
}  // namespace polylog::sim
