#pragma once

#include <utility>
#include <vector>

#include "io/scope.h"
#include "io/signal.h"
#include "io/task.h"

namespace polylog::io {

namespace detail {

// Results as they come in, on the frame of when_all.
template <class T>
struct Gathering {
    explicit Gathering(size_t count) : results(count), left(count) {}
    std::vector<std::optional<T>> results;
    size_t left;
    Signal finished;
    TaskScope scope;  // last: its tasks write into what is above
};

// One of the tasks; the last one to end wakes the waiter.
template <class T>
Task<void> gather_one(Gathering<T>& gathering, size_t index, Task<T> task) {
    gathering.results[index].emplace(co_await std::move(task));
    if (--gathering.left == 0) gathering.finished.notify_all();
}

}  // namespace detail

// Starts every task at once, in order, each running until it first suspends; returns all results in
// the same order when the last is done. Dropping the returned task drops them all.
template <class T>
Task<std::vector<T>> when_all(std::vector<Task<T>> tasks) {
    detail::Gathering<T> gathering(tasks.size());
    for (size_t i = 0; i < tasks.size(); ++i) {
        gathering.scope.spawn(detail::gather_one(gathering, i, std::move(tasks[i])));
    }
    if (gathering.left > 0) co_await gathering.finished.wait();
    std::vector<T> results;
    results.reserve(tasks.size());
    for (auto& result : gathering.results) results.push_back(std::move(*result));
    co_return results;
}

}  // namespace polylog::io
