#include "io/linux/shard.h"

#include <sys/resource.h>

#include <algorithm>
#include <thread>

#include "io/linux/loop_fixture.h"
#include "io/linux/random.h"
#include "io/signal.h"

namespace polylog::io {
namespace {

using std::chrono::milliseconds;

TEST(LinuxShard, RunsPostedWorkInOrderAndWhatItPostsInALaterTurn) {
    Loop loop;
    LinuxShard& shard = loop.shard();
    std::vector<int> log;
    shard.post([&] {
        shard.post([&] { log.push_back(3); });
        log.push_back(1);
    });
    shard.post([&] { log.push_back(2); });
    shard.stop();  // posted before the work above posts in turn
    shard.run();
    EXPECT_EQ(log, (std::vector{1, 2}));
    shard.stop();
    shard.run();
    EXPECT_EQ(log, (std::vector{1, 2, 3}));
}

Task<void> pass_on(Signal& from, Signal& to, std::vector<std::string>& log, std::string name) {
    co_await from.wait();
    log.push_back(std::move(name));
    to.notify_all();
}

TEST(LinuxShard, EndsTheTurnAfterEverythingThatWasReadyAndEverythingThatWoke) {
    Loop loop;
    LinuxShard& shard = loop.shard();
    std::vector<std::string> log;
    Signal first, second, third;
    shard.post([&] {
        shard.scope().spawn(pass_on(second, third, log, "woken by the woken"));
        shard.scope().spawn(pass_on(first, second, log, "woken"));
    });
    shard.post([&] {
        shard.at_end_of_turn([&] {
            log.push_back("end of turn");
            shard.at_end_of_turn([&] { log.push_back("end of the next turn"); });
            shard.post([&] { log.push_back("next turn"); });
            shard.post([&] { shard.at_end_of_turn([&] { shard.stop(); }); });
        });
        first.notify_all();
    });
    shard.post([&] { log.push_back("posted"); });
    shard.run();
    EXPECT_EQ(log, (std::vector<std::string>{"posted", "woken", "woken by the woken", "end of turn",
                                             "next turn", "end of the next turn"}));
}

Task<void> yield_until(bool& done) {
    while (!done) co_await yield();
}

TEST(LinuxShard, CoroutineThatAlwaysYieldsDoesNotStarvePostedWorkTimersOrEndOfTurn) {
    Loop loop;
    LinuxShard& shard = loop.shard();
    bool done = false;
    std::optional<Timer> timer;
    shard.post([&] {
        shard.scope().spawn(yield_until(done));
        timer.emplace();
        timer->arm(shard.now() + milliseconds(1),
                   [&] { shard.post([&] { shard.at_end_of_turn([&] { done = true; }); }); });
    });
    std::thread elsewhere([&] { shard.post([&] {}); });
    run(shard, yield_until(done));
    elsewhere.join();
    EXPECT_TRUE(done);
    timer.reset();
}

Task<void> log_at(base::MonoTime deadline, std::vector<int64_t>& log) {
    co_await sleep_until(deadline);
    EXPECT_GE(Shard::current().now(), deadline);
    log.push_back(deadline.time_since_epoch().count());
}

Task<void> fire_timers(std::vector<int64_t>& log) {
    Shard& shard = Shard::current();
    const base::MonoTime now = shard.now();
    for (const int ms : {5, 1, 3, -7, 0}) shard.scope().spawn(log_at(now + milliseconds(ms), log));
    EXPECT_TRUE(log.empty());
    co_await sleep_until(now + milliseconds(6));
}

TEST(LinuxShard, FiresTimersInDeadlineOrderAndNeverEarly) {
    Loop loop;
    std::vector<int64_t> log;
    loop.run(fire_timers(log));
    EXPECT_EQ(log.size(), 5U);
    EXPECT_TRUE(std::ranges::is_sorted(log));
}

Task<void> wait_longer_than_a_withdrawn_timer() {
    Shard& shard = Shard::current();
    const base::MonoTime start = shard.now();
    {
        Timer withdrawn;
        withdrawn.arm(start + milliseconds(1), [] { FAIL(); });
        co_await yield();
    }
    co_await sleep_until(start + milliseconds(3));
    co_await sleep_until(start + milliseconds(5));
    EXPECT_GE(shard.now(), start + milliseconds(5));
}

TEST(LinuxShard, TimerBehindAWithdrawnOneStillFires) {
    Loop loop;
    loop.run(wait_longer_than_a_withdrawn_timer());
}

Task<void> sleep(base::Duration duration) {
    co_await sleep_for(duration);
}

TEST(LinuxShard, SleepsInTheKernelWhenThereIsNothingToDo) {
    for (const auto engine : {DiskEngineChoice::threads, DiskEngineChoice::automatic}) {
        Loop loop(engine);
        rusage before, after;
        ASSERT_EQ(::getrusage(RUSAGE_THREAD, &before), 0);
        loop.run(sleep(milliseconds(10)));
        ASSERT_EQ(::getrusage(RUSAGE_THREAD, &after), 0);
        EXPECT_LE(after.ru_nvcsw - before.ru_nvcsw, 5);
    }
}

TEST(LinuxShard, KeepsTheOrderOfEachThreadThatPosts) {
    constexpr int kThreads = 4;
    constexpr int kPosts = 500;
    Loop loop;
    LinuxShard& shard = loop.shard();
    std::vector<std::vector<int>> seen(kThreads);
    int left = kThreads * kPosts;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (int i = 0; i < kPosts; ++i) {
                shard.post([&, thread, i] {
                    seen[static_cast<size_t>(thread)].push_back(i);
                    if (--left == 0) shard.stop();
                });
            }
        });
    }
    shard.run();
    for (std::thread& thread : threads) thread.join();
    for (const auto& order : seen) {
        EXPECT_EQ(order.size(), static_cast<size_t>(kPosts));
        EXPECT_TRUE(std::ranges::is_sorted(order));
    }
}

TEST(LinuxShard, DestroysTasksTimersAndPostedWorkThatNeverRan) {
    auto held = std::make_shared<int>(1);
    {
        Loop loop;
        loop.shard().post([&loop] { loop.shard().scope().spawn(sleep(std::chrono::hours(1))); });
        loop.shard().stop();
        loop.shard().run();
        loop.shard().post([held] {});
        EXPECT_EQ(held.use_count(), 2);
    }
    EXPECT_EQ(held.use_count(), 1);
}

TEST(LinuxShard, DropsWhatIsPostedAfterClosing) {
    Loop loop;
    loop.shard().close();
    auto held = std::make_shared<int>(1);
    loop.shard().post([held] {});
    EXPECT_EQ(held.use_count(), 1);
}

TEST(LinuxClock, NeverGoesBackAndKnowsTheDate) {
    Loop loop;
    const Clock& clock = loop.shard().env().clock;
    const base::MonoTime first = clock.now();
    EXPECT_GE(clock.now(), first);
    constexpr int64_t kStartOf2024Ms = 1704067200000;
    EXPECT_GT(base::to_unix_ms(clock.wall()), kStartOf2024Ms);
}

TEST(LinuxRandom, DiffersBetweenGeneratorsAndFromCallToCall) {
    LinuxRandom a, b;
    const uint64_t first = a.next();
    EXPECT_NE(first, b.next());
    EXPECT_NE(first, a.next());
    uint64_t ones = 0, zeros = 0;
    for (int i = 0; i < 64; ++i) {
        const uint64_t bits = a.next();
        ones |= bits;
        zeros |= ~bits;
    }
    EXPECT_EQ(ones, UINT64_MAX);
    EXPECT_EQ(zeros, UINT64_MAX);
}

}  // namespace
}  // namespace polylog::io
