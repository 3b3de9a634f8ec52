#pragma once

#include <memory>
#include <optional>

#include "io/sim/world.h"

namespace polylog::sim {

namespace detail {

// Keeps the result where it is still found when the task is gone.
template <class T>
io::Task<void> store_result(io::Task<T> task, std::shared_ptr<std::optional<T>> result) {
    result->emplace(co_await std::move(task));
}

}  // namespace detail

// Runs the world until a task on shard 0 of a node is done, and returns its result: nothing if the
// time limit came first, the node died or the run failed. From outside the world only.
template <class T>
std::optional<T> run_task(Node& node, io::Task<T> task,
                          base::Duration limit = std::chrono::seconds(60)) {
    auto result = std::make_shared<std::optional<T>>();
    node.spawn(detail::store_result(std::move(task), result));
    node.world().run_until([&] { return result->has_value(); }, limit);
    return std::move(*result);
}

}  // namespace polylog::sim
