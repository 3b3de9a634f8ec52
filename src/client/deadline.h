#pragma once

#include <utility>

#include "base/result.h"
#include "io/scope.h"
#include "io/signal.h"
#include "io/task.h"

namespace polylog::client {

namespace detail {

// A task and the timer it runs against.
template <class T>
struct Race {
    io::Completion<base::Result<T>> finished;
    io::Timer timer;
    io::TaskScope scope;  // last: its task completes what is above
};

// The task's side of the race: its result counts when it is the first.
template <class T>
io::Task<void> run(Race<T>& race, io::Task<base::Result<T>> task) {
    base::Result<T> result = co_await std::move(task);
    if (!race.finished.done()) race.finished.complete(std::move(result));
}

}  // namespace detail

// The task's result, or timed_out when the deadline comes first; the task is dropped then.
template <class T>
io::Task<base::Result<T>> before(base::MonoTime deadline, io::Task<base::Result<T>> task) {
    detail::Race<T> race;
    race.timer.arm(deadline, [&race] {
        if (!race.finished.done()) race.finished.complete(base::fail(base::ErrorCode::timed_out));
    });
    race.scope.spawn(detail::run(race, std::move(task)));
    co_return co_await race.finished;
}

}  // namespace polylog::client
