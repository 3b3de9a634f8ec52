#include "io/linux/blocking_pool.h"

#include <pthread.h>

#include <system_error>

namespace polylog::io {

BlockingPool::~BlockingPool() {
    {
        std::lock_guard lock(mutex_);
        closing_ = true;
    }
    wanted_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void BlockingPool::enqueue(Work work) {
    std::unique_lock lock(mutex_);
    queue_.push_back(std::move(work));
    const bool grow = queue_.size() > idle_ && threads_.size() < threads_max_ && !closing_;
    if (grow) {
        try {
            threads_.emplace_back([this] { work_until_closed(); });
            return;
        } catch (const std::system_error&) {
            // No more threads for this process: those there are do the work, or else the caller.
            if (threads_.empty()) {
                Work last = std::move(queue_.back());
                queue_.pop_back();
                lock.unlock();
                last();
                return;
            }
        }
    }
    lock.unlock();
    wanted_.notify_one();
}

void BlockingPool::work_until_closed() {
    ::pthread_setname_np(::pthread_self(), "blocking");
    std::unique_lock lock(mutex_);
    while (true) {
        while (!queue_.empty()) {
            Work work = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            work();
            work = {};  // what it owns goes before the pool may be gone
            lock.lock();
        }
        if (closing_) return;
        ++idle_;
        wanted_.wait(lock);
        --idle_;
    }
}

}  // namespace polylog::io
