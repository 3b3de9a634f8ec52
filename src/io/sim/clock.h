#pragma once

#include <functional>

#include "io/env.h"
#include "io/sim/scheduler.h"

namespace polylog::sim {

// A clock's reading as a function of virtual time: a straight line, whose slope may change and
// which may jump. Exact: a reading is floor(start + rate * elapsed) with the rate in units of
// 2^-32.
class ClockLine {
public:
    ClockLine(int64_t reading_ns, double rate, Instant since);

    int64_t read(Instant when) const;
    // The first instant at which the clock shows `reading_ns` or more; kEndOfTime when far away.
    Instant when(int64_t reading_ns) const;
    void set_rate(double rate, Instant now);
    void jump(base::Duration by, Instant now);

private:
    int64_t start_ns_;
    Instant since_;
    uint64_t rate_;
};

// A node's two clocks. They run at their own rates, apart from virtual time and from other nodes'
// clocks, and go on while the node is paused. The monotonic one starts anew at each power-up, at a
// number that means nothing.
class NodeClock : public io::Clock {
public:
    // Rates drawn within 1 +- drift_max, the wall clock within offset_max of virtual time.
    struct Accuracy {
        double drift_max = 0.05;
        base::Duration offset_max = std::chrono::seconds(2);
    };
    NodeClock(const Scheduler& scheduler, RandomStream stream, Accuracy accuracy);

    base::MonoTime now() const override;
    base::WallTime wall() const override;

    // The first instant at which now() reaches `deadline`.
    Instant when(base::MonoTime deadline) const;
    // What an operator or NTP does: steps the wall clock, forwards or back.
    void jump_wall(base::Duration by) { wall_.jump(by, scheduler_.now()); }
    // 1.0 is the pace of virtual time.
    void set_wall_rate(double rate) { wall_.set_rate(rate, scheduler_.now()); }
    void set_monotonic_rate(double rate);
    void restart_monotonic();
    // Called after set_monotonic_rate, so that armed timers can be placed anew in virtual time.
    void on_rate_change(std::function<void()> changed) { rate_changed_ = std::move(changed); }

private:
    const Scheduler& scheduler_;
    RandomStream stream_;
    double monotonic_rate_;
    ClockLine monotonic_;
    ClockLine wall_;
    std::function<void()> rate_changed_;
};

// Where wall clocks without offset stand when the world begins: 2025-01-01T00:00:00Z.
constexpr base::WallTime kWallEpoch{std::chrono::seconds(1'735'689'600)};

}  // namespace polylog::sim
