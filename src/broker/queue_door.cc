#include "broker/queue_door.h"

#include <utility>

#include "broker/queues.h"

namespace polylog::broker {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using routing::QueueTarget;

namespace {

Result<Queues::QueuePtr> find(const Queues& queues, const QueueTarget& target) {
    TRY(auto queue, queues.find(target.name));
    if (target.queue && queue->id != *target.queue) return fail(ErrorCode::unknown_topic);
    return queue;
}

// A queue that the metadata knows and its shard does not is going, or closed with its shard: the
// metadata will say which.
base::Error reason(const base::Error& error) {
    return error == ErrorCode::unknown_topic ? ErrorCode::leader_not_available : error;
}

Task<std::vector<Result<void>>> send(Queues& queues, QueueTarget target,
                                     std::vector<queue::Send> sends) {
    const auto queue = find(queues, target);
    if (!queue) co_return std::vector<Result<void>>(sends.size(), fail(queue.error()));
    std::vector<Result<void>> results;
    for (const Result<QueueSent>& sent : co_await queues.send(*queue, std::move(sends)))
        results.push_back(sent ? Result<void>() : fail(reason(sent.error())));
    co_return results;
}

Task<void> forget(Queues& queues, QueueTarget target, std::vector<queue::HandOff> hand_offs) {
    const auto queue = find(queues, target);
    if (queue) co_await queues.forget_hand_offs(*queue, std::move(hand_offs));
}

}  // namespace

QueueDoor queue_door(Queues& queues) {
    return {.send =
                [&queues](QueueTarget target, std::vector<queue::Send> sends) {
                    return send(queues, std::move(target), std::move(sends));
                },
            .forget =
                [&queues](QueueTarget target, std::vector<queue::HandOff> hand_offs) {
                    return forget(queues, std::move(target), std::move(hand_offs));
                }};
}

}  // namespace polylog::broker
