#include "io/linux/shards.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <future>

#include "io/linux/loop_fixture.h"
#include "io/signal.h"

namespace polylog::io {
namespace {

// Two running shards.
class Pair {
public:
    explicit Pair(LinuxShards::Options options = {}) {
        options.count = 2;
        options.data_directory = directory_.path();
        shards_ = must(LinuxShards::start(std::move(options)));
    }
    LinuxShards& operator*() { return *shards_; }
    LinuxShard& operator[](size_t index) { return (*shards_)[index]; }
    const std::string& path() const { return directory_.path(); }
    void destroy() { shards_.reset(); }

private:
    Watchdog watchdog_;
    TemporaryDirectory directory_;
    std::unique_ptr<LinuxShards> shards_;
};

Task<void> run_then_tell(Task<void> task, std::promise<void>& done) {
    co_await std::move(task);
    done.set_value();
}

// Runs the task on a shard whose loop runs elsewhere; returns when it is done.
void run_on(LinuxShard& shard, Task<void> task) {
    std::promise<void> done;
    shard.post([&shard, &done, task = std::move(task)]() mutable {
        shard.scope().spawn(run_then_tell(std::move(task), done));
    });
    done.get_future().wait();
}

Task<uint32_t> shard_number() {
    co_await yield();
    co_return Shard::current().id().value;
}

Task<void> ask_both(LinuxShard& other) {
    EXPECT_EQ(Shard::current().id().value, 0U);
    EXPECT_EQ(co_await call(other, [] { return shard_number(); }), 1U);
    EXPECT_EQ(Shard::current().id().value, 0U);
    EXPECT_EQ(co_await call(Shard::current(), [] { return shard_number(); }), 0U);
}

TEST(LinuxShards, CallRunsOnTheOtherShardAndAnswersHere) {
    Pair shards;
    run_on(shards[0], ask_both(shards[1]));
}

Task<int> append(std::vector<int>& log, int value) {
    log.push_back(value);
    co_return value;
}

Task<void> call_append(LinuxShard& other, std::vector<int>& remote, std::vector<int>& answers,
                       int value) {
    answers.push_back(co_await call(other, [&remote, value] { return append(remote, value); }));
}

Task<void> call_often(LinuxShard& other, std::vector<int>& remote, std::vector<int>& answers) {
    TaskScope calls;
    for (int i = 0; i < 500; ++i) calls.spawn(call_append(other, remote, answers, i));
    co_await calls.join();
}

TEST(LinuxShards, CallsStartInTheOrderTheyWereMade) {
    Pair shards;
    std::vector<int> remote, answers;
    run_on(shards[0], call_often(shards[1], remote, answers));
    EXPECT_EQ(remote.size(), 500U);
    EXPECT_TRUE(std::is_sorted(remote.begin(), remote.end()));
    EXPECT_EQ(remote, answers);
}

Task<int> wait_for(Signal& signal) {
    co_await signal.wait();
    co_return 1;
}

Task<void> call_and_wait(LinuxShard& other, Signal& signal) {
    co_await call(other, [&signal] { return wait_for(signal); });
}

Task<int> notify_waiter(Signal& signal) {
    while (!signal.has_waiters()) co_await yield();
    signal.notify_all();
    co_return 1;
}

Task<void> drop_call(LinuxShard& other, Signal& signal) {
    {
        TaskScope dropped;
        dropped.spawn(call_and_wait(other, signal));
        co_await yield();
    }
    co_await call(other, [&signal] { return notify_waiter(signal); });
}

TEST(LinuxShards, CallGoesOnWhenItsCallerIsDropped) {
    Signal signal;
    Pair shards;
    run_on(shards[0], drop_call(shards[1], signal));
}

Task<void> call_for_ever(LinuxShard& self, LinuxShard& other) {
    while (true) {
        co_await call(other, [] { return shard_number(); });
        self.at_end_of_turn([&other] { other.post([] {}); });
        co_await sleep_for(std::chrono::microseconds(10));
    }
}

Task<void> write_for_ever(Disk& disk, std::string name) {
    const auto file = must(co_await disk.open(std::move(name), {.write = true, .create = true}));
    while (true) {
        std::vector<base::Slice> pieces{base::Slice::copy_of("some bytes")};
        must(co_await file->write(0, std::move(pieces)));
    }
}

Task<void> accept_for_ever(Network& network) {
    const auto listener = must(co_await network.listen({"127.0.0.1", 0}));
    while (true) must(co_await listener->accept());
}

Task<void> sleep_a_little() {
    co_await sleep_for(std::chrono::milliseconds(3));
}

// Goal: whatever the shards are doing when they are told to stop, nothing is touched after it is
// gone (the sanitizers look).
TEST(LinuxShards, StopInTheMiddleOfEverything) {
    for (const auto engine : {DiskEngineChoice::automatic, DiskEngineChoice::threads}) {
        std::array<Signal, 2> never;
        Pair shards({.disk_engine = engine});
        for (size_t i = 0; i < 2; ++i) {
            LinuxShard& self = shards[i];
            LinuxShard& other = shards[1 - i];
            self.post([&self, &other, &signal = never[i]] {
                self.scope().spawn(call_for_ever(self, other));
                self.scope().spawn(call_and_wait(other, signal));
                self.scope().spawn(
                    write_for_ever(self.env().disk, self.id() == ShardId{0} ? "zero" : "one"));
                self.scope().spawn(accept_for_ever(self.env().network));
            });
        }
        run_on(shards[0], sleep_a_little());
    }
}

constexpr int kConnections = 64;

struct Accepted {
    std::array<int, 2> by_shard{};  // each shard's own
    std::atomic<int> total = 0;
    std::promise<void> all;
};

Task<void> listen_and_count(Network& network, Endpoint endpoint, std::promise<Endpoint>& listening,
                            Accepted& accepted) {
    const auto listener = must(co_await network.listen(std::move(endpoint)));
    listening.set_value(listener->local());
    while (true) {
        must(co_await listener->accept());
        ++accepted.by_shard[Shard::current().id().value];
        if (++accepted.total == kConnections) accepted.all.set_value();
    }
}

Endpoint start_listening(LinuxShard& shard, Endpoint endpoint, Accepted& accepted) {
    std::promise<Endpoint> listening;
    shard.post([&] {
        shard.scope().spawn(
            listen_and_count(shard.env().network, std::move(endpoint), listening, accepted));
    });
    return listening.get_future().get();
}

Task<void> connect_many(Network& network, Endpoint endpoint) {
    for (int i = 0; i < kConnections; ++i) must(co_await network.connect(endpoint));
}

TEST(LinuxShards, ShareTheConnectionsToOneEndpoint) {
    Accepted accepted;
    Pair shards;
    const Endpoint endpoint = start_listening(shards[0], {"127.0.0.1", 0}, accepted);
    EXPECT_EQ(start_listening(shards[1], endpoint, accepted), endpoint);
    run_on(shards[0], connect_many(shards[0].env().network, endpoint));
    accepted.all.get_future().wait();
    shards.destroy();
    // The kernel chooses by a hash; all on one side has a chance of one in 2^63.
    EXPECT_GT(accepted.by_shard[0], 0);
    EXPECT_GT(accepted.by_shard[1], 0);
}

TEST(LinuxShards, TakeSignalsOnShardZero) {
    struct Taken {
        int number;
        ShardId shard;
    };
    constexpr std::array kSignals{SIGUSR1, SIGHUP, SIGINT, SIGTERM, SIGTERM};
    std::array<std::promise<Taken>, kSignals.size()> taken;
    size_t next = 0;  // shard 0 only
    Pair shards({.on_signal = [&](int number) {
        taken[next++].set_value({number, Shard::current().id()});
    }});
    for (size_t i = 0; i < kSignals.size(); ++i) {
        ::kill(::getpid(), kSignals[i]);
        const Taken got = taken[i].get_future().get();
        EXPECT_EQ(got.number, kSignals[i]);
        EXPECT_EQ(got.shard, ShardId{0});
    }
}

Task<void> count_processors(int& count) {
    cpu_set_t allowed;
    EXPECT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
    count = CPU_COUNT(&allowed);
    co_return;
}

TEST(LinuxShards, CanBePinnedToAProcessorEach) {
    Pair shards({.pin_threads = true});
    std::array<int, 2> counts{};
    for (size_t i = 0; i < 2; ++i) run_on(shards[i], count_processors(counts[i]));
    EXPECT_EQ(counts, (std::array{1, 1}));
}

TEST(LinuxShards, DoNotStartOverADirectoryInUse) {
    Pair shards;
    const auto second = LinuxShards::start({.data_directory = shards.path()});
    EXPECT_EQ(second.error().code(), base::ErrorCode::io_failed);
}

TEST(LinuxShards, EndAfterTheWorkPostedBeforeStop) {
    Pair shards;
    std::array<int, 2> ran{};
    for (size_t i = 0; i < 2; ++i) shards[i].post([&ran, i] { ran[i] = 1; });
    (*shards).stop();
    (*shards).join();
    EXPECT_EQ(ran, (std::array{1, 1}));
}

}  // namespace
}  // namespace polylog::io
