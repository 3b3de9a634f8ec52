#include "io/shard.h"

#include "base/check.h"

namespace polylog::io {

namespace {

thread_local Shard* running_shard = nullptr;

}  // namespace

Shard& Shard::current() {
    CHECK(running_shard != nullptr);
    return *running_shard;
}

Shard::Enter::Enter(Shard& shard) : outer_(running_shard) {
    running_shard = &shard;
}

Shard::Enter::~Enter() {
    running_shard = outer_;
}

void Shard::run_ready() {
    // Only those woken so far: a coroutine that keeps waking itself must not starve the loop.
    WaitList batch;
    batch.swap(ready_);
    while (!batch.empty()) {
        Waiter& waiter = batch.front();
        batch.pop_front();
        waiter.frame_.resume();
    }
    if (!ready_.empty()) ready_changed();
}

void Shard::wake_at_end_of_turn(Waiter& waiter) {
    if (end_of_turn_.empty()) {
        at_end_of_turn([this] {
            while (!end_of_turn_.empty()) end_of_turn_.front().wake();
        });
    }
    end_of_turn_.push_back(waiter);
}

Waiter::Waiter() : shard_(Shard::current()) {}

void Waiter::wake() {
    if (is_linked()) unlink();
    const bool first = shard_.ready_.empty();
    shard_.ready_.push_back(*this);
    if (first) shard_.ready_changed();
}

}  // namespace polylog::io
