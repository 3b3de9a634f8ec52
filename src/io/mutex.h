#pragma once

#include <utility>

#include "io/signal.h"
#include "io/task.h"

namespace polylog::io {

// Lets one coroutine at a time through a section that suspends. One shard only; not a lock between
// threads.
//     auto turn = co_await mutex.lock();
class Mutex {
public:
    class Guard {
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

private:
    void unlock() {
        locked_ = false;
        unlocked_.notify_all();
    }

    bool locked_ = false;
    Signal unlocked_;
};

}  // namespace polylog::io
