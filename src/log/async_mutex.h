#pragma once

#include <utility>

#include "base/check.h"
#include "io/signal.h"
#include "io/task.h"

namespace polylog::log {

// Lets one coroutine of a shard at a time through a piece of work that suspends. Not fair. Nothing
// to do with threads.
//
//     auto turn = co_await mutex.lock();   // held until `turn` is gone
class AsyncMutex {
public:
    class [[nodiscard]] Turn {
    public:
        explicit Turn(AsyncMutex& mutex) : mutex_(&mutex) {}
        Turn(Turn&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
        Turn& operator=(Turn&&) = delete;
        ~Turn() {
            if (!mutex_) return;
            mutex_->locked_ = false;
            mutex_->unlocked_.notify_all();
        }

    private:
        AsyncMutex* mutex_;
    };

    io::Task<Turn> lock() {
        while (locked_) co_await unlocked_.wait();
        locked_ = true;
        co_return Turn(*this);
    }
    // When it is free, as for something that has just been made.
    Turn take() {
        CHECK(!locked_);
        locked_ = true;
        return Turn(*this);
    }
    bool locked() const { return locked_; }

private:
    bool locked_ = false;
    io::Signal unlocked_;
};

}  // namespace polylog::log
