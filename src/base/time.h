#pragma once

#include <chrono>
#include <cstdint>

namespace polylog::base {

using std::chrono_literals::operator""ns;
using std::chrono_literals::operator""us;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;

// Spans of time inside the program. Raw integers appear only on the wire and on disk, named with
// their unit (timeout_ms).
using Duration = std::chrono::nanoseconds;

// Clocks exist as types only, to keep the two kinds of time apart; the values come from io::Clock.
struct MonotonicClock {
    using rep = int64_t;
    using period = std::nano;
    using duration = Duration;
    using time_point = std::chrono::time_point<MonotonicClock>;
    static constexpr bool is_steady = true;
};
struct WallClock {
    using rep = int64_t;
    using period = std::nano;
    using duration = Duration;
    using time_point = std::chrono::time_point<WallClock>;
    static constexpr bool is_steady = false;
};

using MonoTime = MonotonicClock::time_point;  // deadlines, time-outs: never jumps
using WallTime = WallClock::time_point;       // timestamps people see: since the Unix epoch

// For what has no deadline.
constexpr MonoTime kNever = MonoTime::max();

// Whole milliseconds since the Unix epoch, cut off towards it.
constexpr int64_t to_unix_ms(WallTime time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}
// Saturates: milliseconds from a peer reach further than the nanoseconds of a WallTime (the years
// 1677 to 2262).
constexpr WallTime from_unix_ms(int64_t unix_ms) {
    constexpr int64_t kNsPerMs = 1'000'000;
    if (unix_ms > WallTime::max().time_since_epoch().count() / kNsPerMs) return WallTime::max();
    if (unix_ms < WallTime::min().time_since_epoch().count() / kNsPerMs) return WallTime::min();
    return WallTime{std::chrono::milliseconds{unix_ms}};
}
constexpr int64_t to_ms(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace polylog::base
