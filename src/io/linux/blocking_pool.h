#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "io/shard.h"
#include "io/signal.h"
#include "io/task.h"

namespace polylog::io {

// Threads for a shard's calls that block: system calls on files, name look-ups. Started one by one
// as they are needed, so that an idle broker has none. Bounded by its callers: each waits for its
// answer.
class BlockingPool {
public:
    // `shard` gets the answers and outlives the pool.
    BlockingPool(Shard& shard, size_t threads_max) : shard_(shard), threads_max_(threads_max) {}
    // Finishes everything that was enqueued.
    ~BlockingPool();
    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;

    Shard& shard() { return shard_; }

    // Runs `work` on one of the threads, in no particular order with other work. Any thread.
    void enqueue(Work work);

    // Runs `work()` on one of the threads and returns its result on the shard. `work` runs to its
    // end even when the task is dropped; it owns what it captures, and is destroyed on the thread.
    template <class F, class R = std::invoke_result_t<F&>>
    Task<R> run(F work) {
        auto answer = std::make_shared<Completion<R>>();
        enqueue([this, answer, work = std::move(work)]() mutable {
            shard_.post([answer = std::move(answer), result = work()]() mutable {
                answer->complete(std::move(result));
            });
        });
        co_return co_await *answer;
    }

private:
    void work_until_closed();

    Shard& shard_;
    const size_t threads_max_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable wanted_;
    std::deque<Work> queue_;
    std::vector<std::thread> threads_;
    size_t idle_ = 0;
    bool closing_ = false;
};

}  // namespace polylog::io
