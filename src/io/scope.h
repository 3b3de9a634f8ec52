#pragma once

#include <boost/intrusive/list.hpp>

#include "io/task.h"
#include "io/waiter.h"

namespace polylog::io {

// Owns background tasks. Whoever starts work that outlives a call owns a scope for it, declared as
// the last member so that it goes first: destroying the scope destroys its unfinished tasks where
// they are suspended. Lives on one shard; must not be destroyed by one of its own tasks.
class TaskScope {
public:
    TaskScope() = default;
    ~TaskScope() { destroy_all(); }
    TaskScope(const TaskScope&) = delete;
    TaskScope& operator=(const TaskScope&) = delete;

    // Starts the task now: it runs inside this call until it first suspends.
    void spawn(Task<void> task);
    bool empty() const { return roots_.empty(); }
    // Returns when no task is left.
    Task<void> join();
    void destroy_all();

private:
    struct Root;  // the coroutine that drives one spawned task
    struct RootLink : boost::intrusive::list_base_hook<
                          boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
        std::coroutine_handle<> frame;
    };
    static Root drive(TaskScope& scope, Task<void> task);
    void finished();

    boost::intrusive::list<RootLink, boost::intrusive::constant_time_size<false>> roots_;
    WaitList joining_;
};

}  // namespace polylog::io
