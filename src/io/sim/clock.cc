#include "io/sim/clock.h"

#include "base/check.h"

namespace polylog::sim {

using base::Duration;

namespace {

// A clock is never off by more: beyond it timers would not fire in any useful time.
constexpr double kRateMin = 0.01;
constexpr double kRateMax = 100;

uint64_t fixed_point(double rate) {
    CHECK(rate >= kRateMin && rate <= kRateMax);
    return static_cast<uint64_t>(rate * 0x1p32);
}

double draw_rate(RandomStream& stream, double drift_max) {
    constexpr uint64_t kSteps = 2'000'001;
    const double unit = static_cast<double>(stream.below(kSteps)) / 1'000'000 - 1;  // in [-1, 1]
    return 1 + unit * drift_max;
}

int64_t draw_uptime_ns(RandomStream& stream) {
    return stream.between(std::chrono::seconds(1), std::chrono::hours(1)).count();
}

}  // namespace

ClockLine::ClockLine(int64_t reading_ns, double rate, Instant since)
    : start_ns_(reading_ns), since_(since), rate_(fixed_point(rate)) {}

int64_t ClockLine::read(Instant when) const {
    const auto elapsed = static_cast<unsigned __int128>((when - since_).count());
    return start_ns_ + static_cast<int64_t>((elapsed * rate_) >> 32);
}

Instant ClockLine::when(int64_t reading_ns) const {
    if (reading_ns <= start_ns_) return since_;
    const auto ahead = static_cast<unsigned __int128>(reading_ns) -
                       static_cast<unsigned __int128>(start_ns_);
    const unsigned __int128 elapsed = ((ahead << 32) + rate_ - 1) / rate_;
    if (elapsed > static_cast<unsigned __int128>((kEndOfTime - since_).count())) return kEndOfTime;
    return since_ + Duration(static_cast<int64_t>(elapsed));
}

void ClockLine::set_rate(double rate, Instant now) {
    start_ns_ = read(now);
    since_ = now;
    rate_ = fixed_point(rate);
}

void ClockLine::jump(Duration by, Instant now) {
    start_ns_ = read(now) + by.count();
    since_ = now;
}

NodeClock::NodeClock(const Scheduler& scheduler, RandomStream stream, Accuracy accuracy)
    : scheduler_(scheduler),
      stream_(stream),
      monotonic_rate_(draw_rate(stream_, accuracy.drift_max)),
      monotonic_(draw_uptime_ns(stream_), monotonic_rate_, scheduler.now()),
      wall_{(kWallEpoch.time_since_epoch() + scheduler.now().time_since_epoch() +
             stream_.between(-accuracy.offset_max, accuracy.offset_max))
                .count(),
            draw_rate(stream_, accuracy.drift_max), scheduler.now()} {}

base::MonoTime NodeClock::now() const {
    return base::MonoTime(Duration(monotonic_.read(scheduler_.now())));
}

base::WallTime NodeClock::wall() const {
    return base::WallTime(Duration(wall_.read(scheduler_.now())));
}

Instant NodeClock::when(base::MonoTime deadline) const {
    if (deadline == base::kNever) return kEndOfTime;
    return monotonic_.when(deadline.time_since_epoch().count());
}

void NodeClock::set_monotonic_rate(double rate) {
    monotonic_rate_ = rate;
    monotonic_.set_rate(rate, scheduler_.now());
    if (rate_changed_) rate_changed_();
}

void NodeClock::restart_monotonic() {
    monotonic_ = ClockLine(draw_uptime_ns(stream_), monotonic_rate_, scheduler_.now());
}

}  // namespace polylog::sim
