#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "base/time.h"
#include "io/task.h"
#include "io/timer.h"
#include "io/waiter.h"

// The few ways a coroutine waits. All on one shard; waking never runs the waiter inside the waker's
// call.
namespace polylog::io {

// Something that happens again and again; wakes those who wait when it does. Waiters must re-check
// their condition: between the notification and their turn the world may have moved on.
class Signal {
public:
    Signal() = default;
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;

    void notify_all();
    bool has_waiters() const { return !waiters_.empty(); }

    class Wait;
    // co_await signal.wait(); until the next notify_all.
    Wait wait();
    // co_await signal.wait_until(deadline): true when notified, false when the deadline passed
    // first.
    Wait wait_until(base::MonoTime deadline);

private:
    WaitList waiters_;
};

class [[nodiscard]] Signal::Wait {
public:
    Wait(Signal& signal, base::MonoTime deadline) : signal_(signal), deadline_(deadline) {}
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> frame);
    bool await_resume() {
        timer_.disarm();
        return !timed_out_;
    }

private:
    Signal& signal_;
    const base::MonoTime deadline_;
    bool timed_out_ = false;
    Waiter waiter_;
    Timer timer_;
};

inline Signal::Wait Signal::wait() {
    return Wait(*this, base::kNever);
}
inline Signal::Wait Signal::wait_until(base::MonoTime deadline) {
    return Wait(*this, deadline);
}

// co_await sleep_until(deadline); or sleep_for(50ms);
class [[nodiscard]] sleep_until {
public:
    explicit sleep_until(base::MonoTime deadline) : deadline_(deadline) {}
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> frame);
    void await_resume() {}

private:
    const base::MonoTime deadline_;
    Waiter waiter_;
    Timer timer_;
};
// co_await sleep_for(duration): the same, counted from now.
sleep_until sleep_for(base::Duration duration);

// co_await yield(): lets everything else that is ready run first.
class [[nodiscard]] yield {
public:
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> frame) {
        waiter_.suspend(frame);
        waiter_.wake();
    }
    void await_resume() {}

private:
    Waiter waiter_;
};

// co_await end_of_turn(): runs on when the current turn of the loop has handled everything it found
// ready; where batches are closed.
class [[nodiscard]] end_of_turn {
public:
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> frame);
    void await_resume() {}

private:
    Waiter waiter_;
};

// One value that arrives once, from a callback to one coroutine. The completion must outlive its
// waiter.
template <class T>
class Completion {
public:
    Completion() = default;
    Completion(const Completion&) = delete;
    Completion& operator=(const Completion&) = delete;

    bool done() const { return value_.has_value(); }
    void complete(T value) {
        CHECK(!value_);
        value_.emplace(std::move(value));
        if (waiter_) waiter_->wake();
    }

    auto operator co_await() {
        struct Awaiter {
            explicit Awaiter(Completion& c) : completion(c) {}
            ~Awaiter() {
                if (completion.waiter_ == &waiter) completion.waiter_ = nullptr;
            }
            bool await_ready() { return completion.done(); }
            void await_suspend(std::coroutine_handle<> frame) {
                CHECK(completion.waiter_ == nullptr);
                waiter.suspend(frame);
                completion.waiter_ = &waiter;
            }
            T await_resume() { return std::move(*completion.value_); }
            Completion& completion;
            Waiter waiter;
        };
        return Awaiter(*this);
    }

private:
    std::optional<T> value_;
    Waiter* waiter_ = nullptr;
};

}  // namespace polylog::io
