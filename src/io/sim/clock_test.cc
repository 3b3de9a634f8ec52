#include "io/sim/clock.h"

#include <gtest/gtest.h>

namespace polylog::sim {
namespace {

using base::operator""ns;
using base::operator""ms;
using base::operator""s;
using base::operator""h;
using base::Duration;

constexpr NodeClock::Accuracy kPerfect{.drift_max = 0, .offset_max = {}};

TEST(ClockLine, FindsTheFirstInstantThatShowsAReading) {
    for (const double rate : {0.95, 1.0, 1.05, 0.333}) {
        const ClockLine line(1'000, rate, Instant(500ns));
        for (const int64_t reading : {1'001, 1'002, 1'017, 123'456'789}) {
            const Instant when = line.when(reading);
            EXPECT_GE(line.read(when), reading);
            EXPECT_LT(line.read(when - 1ns), reading);
        }
    }
}

TEST(ClockLine, ShowsAReadingOfThePastAtOnce) {
    EXPECT_EQ(ClockLine(1'000, 1, Instant(500ns)).when(3), Instant(500ns));
}

TEST(ClockLine, ChangesPaceWithoutAJump) {
    ClockLine line(0, 1, Instant(0ns));
    line.set_rate(2, Instant(100ns));
    EXPECT_EQ(line.read(Instant(100ns)), 100);
    EXPECT_EQ(line.read(Instant(150ns)), 200);
}

TEST(NodeClock, DriftsWithinItsAccuracy) {
    Scheduler scheduler{RandomStream(1)};
    bool differ = false;
    for (uint64_t seed = 0; seed < 20; ++seed) {
        const NodeClock clock(scheduler, RandomStream(seed), {.drift_max = 0.05, .offset_max = 1s});
        EXPECT_LE(std::chrono::abs(clock.wall() -
                                   (kWallEpoch + scheduler.now().time_since_epoch())),
                  61s);
        const auto mono_before = clock.now();
        const auto wall_before = clock.wall();
        scheduler.advance_to(scheduler.now() + 20s);
        EXPECT_NEAR(static_cast<double>((clock.now() - mono_before).count()), 20e9, 1e9 + 1);
        EXPECT_NEAR(static_cast<double>((clock.wall() - wall_before).count()), 20e9, 1e9 + 1);
        differ |= clock.now() - mono_before != clock.wall() - wall_before;
    }
    EXPECT_TRUE(differ);
}

TEST(NodeClock, JumpMovesTheWallClockAndNotTheMonotonicOne) {
    Scheduler scheduler{RandomStream(1)};
    NodeClock clock(scheduler, RandomStream(2), kPerfect);
    const auto mono = clock.now();
    EXPECT_EQ(clock.wall(), kWallEpoch);
    clock.jump_wall(-1h);
    EXPECT_EQ(clock.wall(), kWallEpoch - 1h);
    EXPECT_EQ(clock.now(), mono);
}

TEST(NodeClock, MonotonicReadingsMeanNothingAfterARestart) {
    Scheduler scheduler{RandomStream(1)};
    NodeClock clock(scheduler, RandomStream(2), kPerfect);
    const auto before = clock.now();
    clock.restart_monotonic();
    EXPECT_NE(clock.now(), before);
}

TEST(NodeClock, NeverIsNever) {
    Scheduler scheduler{RandomStream(1)};
    const NodeClock clock(scheduler, RandomStream(2), kPerfect);
    EXPECT_EQ(clock.when(base::kNever), kEndOfTime);
    EXPECT_EQ(clock.when(clock.now() + 5ms), Instant(5ms));
}

}  // namespace
}  // namespace polylog::sim
