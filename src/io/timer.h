#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/time.h"

namespace polylog::io {

class Shard;

// Calls back once at a deadline, on the shard that armed it. Owned by whoever waits; destroying or
// disarming it withdraws the call. Arming and disarming cost O(log n) of the shard's armed timers.
class Timer {
public:
    Timer();
    ~Timer() { disarm(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    // Replaces an earlier arming. A deadline in the past fires in the next turn, never inside this
    // call.
    void arm(base::MonoTime deadline, std::move_only_function<void()> fire);
    void disarm();
    bool armed() const { return place_ != kNotArmed; }

private:
    friend class TimerQueue;
    static constexpr size_t kNotArmed = SIZE_MAX;

    Shard& shard_;
    base::MonoTime deadline_;
    uint64_t order_ = 0;        // breaks ties between equal deadlines: first armed fires first
    size_t place_ = kNotArmed;  // index in the queue's heap
    std::move_only_function<void()> fire_;
};

// A shard's armed timers: a binary heap by (deadline, order). Not thread-safe: the shard's thread
// only.
class TimerQueue {
public:
    void insert(Timer& timer);
    void erase(Timer& timer);
    bool empty() const { return heap_.empty(); }
    // kNever when empty.
    base::MonoTime next_deadline() const;
    // Fires every timer with a deadline at or before now, earliest first.
    void fire_due(base::MonoTime now);

private:
    bool before(const Timer* a, const Timer* b) const;
    void place(size_t index, Timer* timer);
    void sift_up(size_t index);
    void sift_down(size_t index);

    std::vector<Timer*> heap_;
    uint64_t next_order_ = 0;
};

}  // namespace polylog::io
