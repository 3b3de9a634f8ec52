#include "io/sim/world.h"

#include <gtest/gtest.h>

#include "io/sim/run_task.h"

namespace polylog::sim {
namespace {

using base::operator""us;
using base::operator""ms;
using base::operator""s;
using base::Result;
using io::Task;

// Says what happens to it, so that a test can see when it is created and destroyed.
class Witness {
public:
    Witness(std::string& log, std::string name) : log_(log), name_(std::move(name)) {
        log_ += name_ + "+ ";
    }
    ~Witness() { log_ += name_ + "- "; }

private:
    std::string& log_;
    std::string name_;
};

Task<void> hold_for_ever(std::string& log, std::string name, io::Signal& signal) {
    const Witness witness(log, std::move(name));
    co_await signal.wait();
    log += "never ";
}

// A program with tasks of its own, tasks in the shards' scopes and messages on their way.
class Busy {
public:
    Busy(Node& node, std::string& log) : witness_(log, "program") {
        scope_.spawn(hold_for_ever(log, "own", signal_));
        for (uint32_t i = 0; i < node.shard_count(); ++i) {
            node.spawn(hold_for_ever(log, "shard" + std::to_string(i), signal_), i);
        }
    }

private:
    Witness witness_;
    io::Signal signal_;
    io::TaskScope scope_;
};

Task<void> write_some_files(Node& node, int files) {
    for (int i = 0; i < files; ++i) {
        auto& disk = io::Shard::current().env().disk;
        auto file = co_await disk.open("file" + std::to_string(i), {.write = true, .create = true});
        if (!file) co_return;
        std::vector<base::Slice> pieces{base::Slice::copy_of("something")};
        if (!co_await (*file)->write(0, std::move(pieces))) co_return;
        if (!co_await (*file)->sync()) co_return;
        co_await io::sleep_for(1ms);
    }
}

uint64_t digest_of_busy_world(uint64_t seed) {
    World world(seed);
    for (int i = 0; i < 3; ++i) {
        Node& node = world.add_node({.shards = 2});
        node.boot({});
        node.spawn(write_some_files(node, 20));
    }
    world.run_for(1s);
    return world.scheduler().digest();
}

TEST(World, TheSameSeedGivesTheSameDigest) {
    EXPECT_EQ(digest_of_busy_world(1), digest_of_busy_world(1));
    EXPECT_EQ(digest_of_busy_world(77), digest_of_busy_world(77));
}

TEST(World, DifferentSeedsGiveDifferentDigests) {
    EXPECT_NE(digest_of_busy_world(1), digest_of_busy_world(2));
}

TEST(World, RunsUntilATimeOrAPredicateOrALimit) {
    World world(1);
    bool reached = false;
    world.after(10ms, [&] { reached = true; });
    EXPECT_FALSE(world.run_until([&] { return reached; }, 5ms));
    EXPECT_EQ(world.now(), Instant(5ms));
    EXPECT_TRUE(world.run_until([&] { return reached; }, 1s));
    EXPECT_EQ(world.now(), Instant(10ms));
    EXPECT_TRUE(world.run_for(1s));
    EXPECT_EQ(world.now(), Instant(1s + 10ms));
}

TEST(World, StopsAtTheFirstFailure) {
    World world(1);
    world.after(10ms, [&] { world.fail("first"); });
    world.after(20ms, [&] { world.fail("second"); });
    EXPECT_FALSE(world.run_for(1s));
    EXPECT_EQ(world.failure(), "at 0.010000000 s: first");
    EXPECT_FALSE(world.run_for(1s));
    EXPECT_EQ(world.now(), Instant(10ms));
}

TEST(World, TakesTooManyEventsForALivelock) {
    World world(1, {.events_max = 100});
    std::function<void()> again = [&] { world.after({}, [&] { again(); }); };
    again();
    EXPECT_FALSE(world.run_for(1s));
    ASSERT_TRUE(world.failure());
    EXPECT_TRUE(world.failure()->contains("livelock"));
}

TEST(World, NodesHaveTheirOwnRandomness) {
    World world(1);
    const auto first_draw = [&] {
        Node& node = world.add_node();
        node.boot({});
        return node.shard(0).env().random.next();
    };
    EXPECT_NE(first_draw(), first_draw());
}

TEST(Node, CrashDestroysSuspendedTasksBeforeTheProgramTheyUse) {
    std::string log;
    World world(1);
    Node& node = world.add_node({.shards = 2});
    node.boot([&](Node& booted) { return std::make_shared<Busy>(booted, log); });
    world.run_for(10ms);
    EXPECT_TRUE(log.starts_with("program+ own+ shard"));
    log.clear();
    node.crash(Crash::kill);
    EXPECT_EQ(log, "shard0- shard1- own- program- ");
    EXPECT_FALSE(node.is_running());
    world.run_for(1s);
}

TEST(Node, CrashDropsWorkThatWasPostedAndNotYetRun) {
    std::string log;
    World world(1);
    Node& node = world.add_node();
    node.boot({});
    node.shard(0).post([witness = std::make_unique<Witness>(log, "work"), &log] { log += "ran "; });
    node.crash(Crash::power_cut);
    world.run_for(1s);
    EXPECT_EQ(log, "work+ work- ");
}

TEST(Node, CrashRightAfterBootAndRestartRunTheProgramAgain) {
    std::string log;
    World world(1);
    Node& node = world.add_node({.shards = 2});
    node.boot([&](Node& booted) { return std::make_shared<Busy>(booted, log); });
    node.crash(Crash::power_cut);
    EXPECT_EQ(log, "program+ own+ own- program- ");
    log.clear();
    node.restart();
    world.run_for(1ms);
    EXPECT_TRUE(log.starts_with("program+ own+ shard"));
}

TEST(Node, IsDestroyedWithTheWorldWhileItsTasksAreSuspended) {
    std::string log;
    {
        World world(1);
        Node& node = world.add_node();
        node.boot([&](Node& booted) { return std::make_shared<Busy>(booted, log); });
        world.run_for(1ms);
        log.clear();
    }
    EXPECT_EQ(log, "shard0- own- program- ");
}

TEST(Node, DyingCodeMayPostAndStartWorkWithoutEffect) {
    struct PostsWhenDestroyed {
        explicit PostsWhenDestroyed(io::Shard& s) : shard(s) {}
        ~PostsWhenDestroyed() {
            shard.post([] { ADD_FAILURE(); });
            shard.at_end_of_turn([] { ADD_FAILURE(); });
            signal.notify_all();
        }
        io::Shard& shard;
        io::Signal signal;
    };
    World world(1);
    Node& node = world.add_node();
    node.boot([](Node& booted) { return std::make_shared<PostsWhenDestroyed>(booted.shard(0)); });
    node.crash(Crash::kill);
    node.restart();
    world.run_for(10ms);
}

TEST(Node, PowerCutAfterAKillTakesThePageCacheToo) {
    World world(1);
    Node& node = world.add_node();
    node.boot({});
    run_task(node, [](Node& of) -> Task<bool> {
        co_await write_some_files(of, 1);
        co_return true;
    }(node));
    node.crash(Crash::kill);
    node.crash(Crash::power_cut);
    EXPECT_EQ(node.disk().crashes(), 2u);
    node.restart();
    EXPECT_TRUE(node.is_running());
}

}  // namespace
}  // namespace polylog::sim
