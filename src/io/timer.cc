#include "io/timer.h"

#include "base/check.h"
#include "io/shard.h"

namespace polylog::io {

using base::MonoTime;

Timer::Timer() : shard_(Shard::current()) {}

void Timer::arm(MonoTime deadline, std::move_only_function<void()> fire) {
    disarm();
    deadline_ = deadline;
    fire_ = std::move(fire);
    shard_.timers_.insert(*this);
    shard_.timers_changed();
}

void Timer::disarm() {
    if (armed()) shard_.timers_.erase(*this);
}

void TimerQueue::insert(Timer& timer) {
    CHECK(!timer.armed());
    timer.order_ = next_order_++;
    heap_.push_back(&timer);
    timer.place_ = heap_.size() - 1;
    sift_up(timer.place_);
}

void TimerQueue::erase(Timer& timer) {
    const size_t hole = timer.place_;
    CHECK(hole < heap_.size() && heap_[hole] == &timer);
    timer.place_ = Timer::kNotArmed;
    Timer* last = heap_.back();
    heap_.pop_back();
    if (last == &timer) return;
    place(hole, last);
    sift_up(hole);
    sift_down(last->place_);
}

MonoTime TimerQueue::next_deadline() const {
    return heap_.empty() ? base::kNever : heap_.front()->deadline_;
}

void TimerQueue::fire_due(MonoTime now) {
    // A timer armed by a callback with a deadline already past waits for the next turn, so that two
    // timers cannot keep each other firing here.
    const uint64_t armed_before = next_order_;
    while (!heap_.empty() && heap_.front()->deadline_ <= now &&
           heap_.front()->order_ < armed_before) {
        Timer& timer = *heap_.front();
        erase(timer);
        auto fire = std::move(timer.fire_);
        fire();
    }
}

bool TimerQueue::before(const Timer* a, const Timer* b) const {
    return a->deadline_ != b->deadline_ ? a->deadline_ < b->deadline_ : a->order_ < b->order_;
}

void TimerQueue::place(size_t index, Timer* timer) {
    heap_[index] = timer;
    timer->place_ = index;
}

void TimerQueue::sift_up(size_t index) {
    Timer* timer = heap_[index];
    while (index > 0) {
        const size_t parent = (index - 1) / 2;
        if (!before(timer, heap_[parent])) break;
        place(index, heap_[parent]);
        index = parent;
    }
    place(index, timer);
}

void TimerQueue::sift_down(size_t index) {
    Timer* timer = heap_[index];
    for (size_t child = 2 * index + 1; child < heap_.size(); child = 2 * index + 1) {
        if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
        if (!before(heap_[child], timer)) break;
        place(index, heap_[child]);
        index = child;
    }
    place(index, timer);
}

}  // namespace polylog::io
