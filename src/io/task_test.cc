#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "io/shard.h"
#include "io/signal.h"

namespace polylog::io {
namespace {

using base::ErrorCode;
using base::fail;
using base::Result;

struct NoDisk : Disk {
    Task<Result<std::unique_ptr<File>>> open(std::string, OpenOptions) override {
        co_return none();
    }
    Task<Result<void>> rename(std::string, std::string) override { co_return none(); }
    Task<Result<void>> remove(std::string) override { co_return none(); }
    Task<Result<void>> create_directories(std::string) override { co_return none(); }
    Task<Result<std::vector<DirectoryEntry>>> list(std::string) override { co_return none(); }
    Task<Result<void>> sync_directory(std::string) override { co_return none(); }
    Task<Result<DiskSpace>> space() override { co_return none(); }
    static std::unexpected<base::Error> none() { return fail(ErrorCode::unsupported); }
};

struct NoNetwork : Network {
    Task<Result<std::unique_ptr<Listener>>> listen(Endpoint) override { co_return NoDisk::none(); }
    Task<Result<std::unique_ptr<Stream>>> connect(Endpoint) override { co_return NoDisk::none(); }
};

// A loop without threads or clocks of its own: the test turns it by hand.
class HandTurnedShard : public Shard {
public:
    HandTurnedShard() : Shard(ShardId{0}), env_{clock_, random_, disk_, network_}, enter_(*this) {}
    ~HandTurnedShard() override { destroy_tasks(); }
    Env& env() override { return env_; }
    void post(Work work) override { posted_.push_back(std::move(work)); }
    void at_end_of_turn(Work work) override { posted_.push_back(std::move(work)); }
    void run_until_idle() {
        while (has_ready() || !posted_.empty()) {
            auto work = std::exchange(posted_, {});
            for (auto& each : work) each();
            run_ready();
        }
    }
    void advance(base::Duration duration) {
        clock_.time += duration;
        timers().fire_due(clock_.time);
        run_until_idle();
    }

private:
    struct HandClock : Clock {
        base::MonoTime now() const override { return time; }
        base::WallTime wall() const override { return {}; }
        base::MonoTime time{};
    };
    struct NoRandom : Random {
        uint64_t next() override { return 0; }
    };
    void ready_changed() override {}
    void timers_changed() override {}

    HandClock clock_;
    NoRandom random_;
    NoDisk disk_;
    NoNetwork network_;
    Env env_;
    Enter enter_;
    std::vector<Work> posted_;
};

Task<int> number(int value) {
    co_return value;
}

Task<void> append_sum(std::vector<std::string>& log) {
    const int sum = co_await number(1) + co_await number(2);
    log.push_back(std::to_string(sum));
}

Task<void> wait_then_log(Signal& signal, std::vector<std::string>& log, std::string name) {
    co_await signal.wait();
    log.push_back(std::move(name));
}

Task<void> wait_until_then_log(Signal& signal, base::MonoTime deadline,
                               std::vector<std::string>& log) {
    const bool notified = co_await signal.wait_until(deadline);
    log.push_back(notified ? "notified" : "timed out");
}

Task<void> join_then_log(TaskScope& scope, std::vector<std::string>& log) {
    co_await scope.join();
    log.push_back("joined");
}

TEST(Task, RunsInsideSpawnUntilItSuspends) {
    HandTurnedShard shard;
    std::vector<std::string> log;
    shard.scope().spawn(append_sum(log));
    EXPECT_EQ(log, std::vector<std::string>{"3"});
    EXPECT_TRUE(shard.scope().empty());
}

TEST(Signal, WakesWaitersInOrderAfterTheNotifierReturns) {
    HandTurnedShard shard;
    std::vector<std::string> log;
    Signal signal;
    shard.scope().spawn(wait_then_log(signal, log, "a"));
    shard.scope().spawn(wait_then_log(signal, log, "b"));
    signal.notify_all();
    EXPECT_TRUE(log.empty());
    shard.run_until_idle();
    EXPECT_EQ(log, (std::vector<std::string>{"a", "b"}));
}

TEST(Signal, WaitEndsAtTheDeadlineOrTheNotificationWhicheverIsFirst) {
    HandTurnedShard shard;
    std::vector<std::string> log;
    Signal signal;
    shard.scope().spawn(wait_until_then_log(signal, shard.now() + base::Duration(10), log));
    shard.advance(base::Duration(9));
    EXPECT_TRUE(log.empty());
    shard.advance(base::Duration(1));
    EXPECT_EQ(log, std::vector<std::string>{"timed out"});

    shard.scope().spawn(wait_until_then_log(signal, shard.now() + base::Duration(10), log));
    signal.notify_all();
    shard.run_until_idle();
    shard.advance(base::Duration(100));
    EXPECT_EQ(log, (std::vector<std::string>{"timed out", "notified"}));
}

TEST(TaskScope, DestroysSuspendedTasksWithoutResumingThem) {
    HandTurnedShard shard;
    std::vector<std::string> log;
    Signal signal;
    {
        TaskScope scope;
        scope.spawn(wait_then_log(signal, log, "never"));
        EXPECT_TRUE(signal.has_waiters());
    }
    EXPECT_FALSE(signal.has_waiters());
    {
        TaskScope scope;
        scope.spawn(wait_then_log(signal, log, "woken but destroyed first"));
        signal.notify_all();
    }
    shard.run_until_idle();
    EXPECT_TRUE(log.empty());
}

TEST(TaskScope, JoinReturnsWhenTheLastTaskIsDone) {
    HandTurnedShard shard;
    std::vector<std::string> log;
    Signal signal;
    TaskScope scope;
    scope.spawn(wait_then_log(signal, log, "task"));
    shard.scope().spawn(join_then_log(scope, log));
    shard.run_until_idle();
    EXPECT_TRUE(log.empty());
    signal.notify_all();
    shard.run_until_idle();
    EXPECT_EQ(log, (std::vector<std::string>{"task", "joined"}));
}

TEST(Timer, FiresInDeadlineOrderAndNotAfterDisarm) {
    HandTurnedShard shard;
    std::vector<int> fired;
    Timer late, early, never;
    late.arm(shard.now() + base::Duration(3), [&] { fired.push_back(3); });
    early.arm(shard.now() + base::Duration(1), [&] { fired.push_back(1); });
    never.arm(shard.now() + base::Duration(2), [&] { fired.push_back(2); });
    never.disarm();
    shard.advance(base::Duration(5));
    EXPECT_EQ(fired, (std::vector<int>{1, 3}));
}

}  // namespace
}  // namespace polylog::io
