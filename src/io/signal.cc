#include "io/signal.h"

#include "io/shard.h"

namespace polylog::io {

void Signal::notify_all() {
    while (!waiters_.empty()) waiters_.front().wake();
}

void Signal::Wait::await_suspend(std::coroutine_handle<> frame) {
    waiter_.suspend(frame);
    signal_.waiters_.push_back(waiter_);
    if (deadline_ == base::kNever) return;
    timer_.arm(deadline_, [this] {
        timed_out_ = true;
        waiter_.wake();
    });
}

void sleep_until::await_suspend(std::coroutine_handle<> frame) {
    waiter_.suspend(frame);
    timer_.arm(deadline_, [this] { waiter_.wake(); });
}

void end_of_turn::await_suspend(std::coroutine_handle<> frame) {
    waiter_.suspend(frame);
    Shard::current().wake_at_end_of_turn(waiter_);
}

sleep_until sleep_for(base::Duration duration) {
    return sleep_until(Shard::current().now() + duration);
}

}  // namespace polylog::io
