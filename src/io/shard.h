#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include "base/strong.h"
#include "base/time.h"
#include "io/env.h"
#include "io/scope.h"
#include "io/task.h"
#include "io/timer.h"
#include "io/waiter.h"

namespace polylog::io {

// Numbered from 0 within the process.
using ShardId = base::Strong<struct ShardIdTag, uint32_t>;
// Something to run once on a shard; carries what it needs with it.
using Work = std::move_only_function<void()>;

// One thread, one event loop, and everything that lives on it: partitions, queues, connections.
// Nothing is shared between shards; they post work to each other. In the simulator all shards of
// all brokers are queues of one thread. Subclassed by io/linux and io/sim.
class Shard {
public:
    explicit Shard(ShardId id) : id_(id) {}
    virtual ~Shard() = default;
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    // The shard whose loop is running on this thread.
    static Shard& current();

    ShardId id() const { return id_; }
    virtual Env& env() = 0;

    // Runs `work` on this shard in a later turn of its loop. Callable from any thread; work posted
    // by one thread runs in the order it was posted. Bounded by what is in flight: every poster
    // waits for an answer before it accepts more from its own client.
    virtual void post(Work work) = 0;
    // Runs `work` when the current turn of the loop has handled everything it found ready: where a
    // turn's batches are closed (one group commit, one write per connection). Own thread only.
    virtual void at_end_of_turn(Work work) = 0;

    // The same for a coroutine; see io::end_of_turn.
    void wake_at_end_of_turn(Waiter& waiter);

    base::MonoTime now() { return env().clock.now(); }
    // Tasks that live as long as the shard.
    TaskScope& scope() { return scope_; }
    TimerQueue& timers() { return timers_; }

    // Resumes the coroutines woken so far, in that order; those woken meanwhile are left for the
    // next call. Called by the loop, as long as has_ready() or up to a bound of its own.
    void run_ready();
    bool has_ready() const { return !ready_.empty(); }

protected:
    // Told when the ready list or the next timer changes from inside the loop, to schedule a turn.
    virtual void ready_changed() = 0;
    virtual void timers_changed() = 0;

    // Makes current() answer with this shard for the life of the guard. Used by the loop.
    class Enter {
    public:
        explicit Enter(Shard& shard);
        ~Enter();

    private:
        Shard* outer_;
    };

    // Destroys every task of the shard; subclasses call it before what the tasks use is gone.
    void destroy_tasks() { scope_.destroy_all(); }

private:
    friend class Waiter;
    friend class Timer;

    const ShardId id_;
    WaitList ready_;
    WaitList end_of_turn_;
    TimerQueue timers_;
    TaskScope scope_;
};

namespace detail {

struct Nothing {};
// What a task's result is kept as until it is picked up.
template <class R>
using Kept = std::conditional_t<std::is_void_v<R>, Nothing, R>;

// What the two ends of a call share.
template <class R>
struct CallState {
    explicit CallState(Shard& origin_shard) : origin(origin_shard) {}
    Shard& origin;
    std::optional<Kept<R>>
        result;  // written on the target, read on the origin after the answer is posted
    Waiter* waiter = nullptr;  // origin only; null once the awaiting frame is gone
};

// On the target: does the work and posts the answer to where the call came from.
template <class R, class F>
Task<void> run_call(std::shared_ptr<CallState<R>> state, F work) {
    if constexpr (std::is_void_v<R>) {
        co_await work();
        state->result.emplace();
    } else {
        state->result.emplace(co_await work());
    }
    Shard& origin = state->origin;
    origin.post([state = std::move(state)] {
        if (state->waiter) state->waiter->wake();
    });
}

// On the origin: waits for the answer; one that comes after it is dropped.
template <class R>
class CallAwaiter {
public:
    explicit CallAwaiter(std::shared_ptr<CallState<R>> state) : state_(std::move(state)) {}
    ~CallAwaiter() { state_->waiter = nullptr; }
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> frame) {
        waiter_.suspend(frame);
        state_->waiter = &waiter_;
    }
    R await_resume() {
        if constexpr (!std::is_void_v<R>) return std::move(*state_->result);
    }

private:
    std::shared_ptr<CallState<R>> state_;
    Waiter waiter_;
};

}  // namespace detail

// Runs `work()`, which returns a Task<R>, on `target` and returns its result here; when target is
// the current shard it is awaited in place. `work` is a plain callable (not itself a coroutine)
// that owns what it captures:
//     co_await call(owner, [&partition, request = std::move(request)]() mutable {
//         return partition.append(std::move(request));
//     });
// Calls from one shard to another start in the order they were made.
template <class F, class R = decltype(std::declval<F&>()().operator co_await().await_resume())>
Task<R> call(Shard& target, F work) {
    if (&target == &Shard::current()) co_return co_await work();
    auto state = std::make_shared<detail::CallState<R>>(Shard::current());
    target.post([&target, state, work = std::move(work)]() mutable {
        target.scope().spawn(detail::run_call<R, F>(std::move(state), std::move(work)));
    });
    co_return co_await detail::CallAwaiter<R>(std::move(state));
}

}  // namespace polylog::io
