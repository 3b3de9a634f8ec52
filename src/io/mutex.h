#pragma once

#include <utility>

#include "base/check.h"
#include "io/signal.h"
#include "io/task.h"

namespace polylog::io {

// Lets one coroutine at a time through a section that suspends. One shard only; not a lock between
// threads. Not fair.
//     auto turn = co_await mutex.lock();   // held until `turn` is gone
class Mutex {
public:
    class [[nodiscard]] Guard {
    public:
        explicit Guard(Mutex& mutex) : mutex_(&mutex) {}
        Guard(Guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
        Guard& operator=(Guard&&) = delete;
        ~Guard() {
            if (mutex_) mutex_->unlock();
        }

    private:
        Mutex* mutex_;
    };

    Task<Guard> lock() {
        while (locked_) co_await unlocked_.wait();
        locked_ = true;
        co_return Guard(*this);
    }
    // When it is free, as for something that has just been made.
    Guard take() {
        CHECK(!locked_);
        locked_ = true;
        return Guard(*this);
    }
    bool locked() const { return locked_; }

private:
    void unlock() {
        locked_ = false;
        unlocked_.notify_all();
    }

    bool locked_ = false;
    Signal unlocked_;
};

}  // namespace polylog::io
