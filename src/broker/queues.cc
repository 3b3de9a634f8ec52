#include "broker/queues.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/hash.h"
#include "broker/remote_receive.h"
#include "broker/settings_alteration.h"
#include "broker/shards.h"
#include "broker/topics.h"
#include "io/when_all.h"
#include "model/queue_config.h"

namespace polylog::broker {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using model::PartitionIndex;
using model::TopicPartition;

namespace {

template <class R, class F>
Task<Result<R>> run_on(ShardBroker& owner, TopicPartition id, F work) {
    CO_TRY(const auto queue, co_await owner.queues().find(id));
    co_return co_await work(*queue);
}

template <class R>
Task<Result<R>> as_result(Task<R> task) {
    co_return co_await std::move(task);
}

TopicPartition place(const meta::Topic& queue, PartitionIndex partition) {
    return {queue.id, partition};
}

// As Kafka's producers choose a partition by a record's key.
PartitionIndex partition_of(std::string_view group, int32_t partition_count) {
    return {(base::murmur2(base::as_bytes(group)) & 0x7FFFFFFF) % partition_count};
}

}  // namespace

template <class R, class F>
Task<Result<R>> Queues::at(TopicPartition id, F work) {
    ShardBroker& owner = shards_.owner(id);
    return io::call(owner.shard(), [&owner, id, work = std::move(work)]() mutable {
        return run_on<R>(owner, id, std::move(work));
    });
}

template <class R, class F>
Task<std::vector<Result<R>>> Queues::at_all(QueuePtr queue, F work) {
    std::vector<Task<Result<R>>> calls;
    for (int32_t index = 0; index < queue->partition_count; ++index)
        calls.push_back(at<R>(place(*queue, {index}), work));
    return io::when_all(std::move(calls));
}

Result<Queues::QueuePtr> Queues::find(std::string_view name) const {
    const meta::ImagePtr image = topics_.image();
    auto topic = image->find(name);
    if (!topic || !topic->config->is_queue) return fail(ErrorCode::unknown_topic);
    return topic;
}

std::vector<Queues::QueuePtr> Queues::list() const {
    std::vector<QueuePtr> queues;
    for (const auto& [name, topic] : topics_.image()->topics) {
        if (topic->config->is_queue) queues.push_back(topic);
    }
    return queues;
}

Task<Result<Queues::QueuePtr>> Queues::create(NewQueue wanted) {
    wanted.settings.delete_settled = true;
    meta::NewTopic topic{.name = std::move(wanted.name),
                         .partition_count = wanted.partition_count,
                         .replication_factor = -1,
                         .assignments = {},
                         .overrides = model::queue_overrides(wanted.settings)};
    // The queue's own retention is what counts.
    topic.overrides.emplace("retention.ms", "-1");
    std::vector<meta::NewTopic> topics;
    topics.push_back(std::move(topic));
    auto created = co_await topics_.create(std::move(topics), false);
    co_return std::move(created.front());
}

Task<Result<void>> Queues::alter(QueuePtr queue, model::QueueSettings settings) {
    if (settings.ordered != queue->config->queue.ordered)
        co_return fail(ErrorCode::invalid_request, "whether a queue is ordered never changes");
    auto alteration = settings_alteration(model::queue_overrides(queue->config->queue),
                                          model::queue_overrides(settings));
    std::string name = queue->name;
    co_return co_await topics_.alter_topic(std::move(name), std::move(alteration), false);
}

Task<Result<void>> Queues::remove(QueuePtr queue) {
    std::vector<model::TopicId> ids{queue->id};
    auto removed = co_await topics_.remove(std::move(ids));
    if (!removed.front() && removed.front().error() == ErrorCode::unknown_topic_id)
        co_return fail(ErrorCode::unknown_topic);
    co_return std::move(removed.front());
}

// Messages with a group stay together. A hand-off goes where its earlier attempts went.
PartitionIndex Queues::partition_for(const meta::Topic& queue, const queue::Send& send) {
    if (queue.partition_count == 1) return {0};
    if (send.message.group) return partition_of(*send.message.group, queue.partition_count);
    const uint64_t number = send.hand_off ? static_cast<uint64_t>(send.hand_off->offset.value)
                                          : next_.fetch_add(1, std::memory_order_relaxed);
    return {static_cast<int32_t>(number % static_cast<uint64_t>(queue.partition_count))};
}

Task<std::vector<Result<QueueSent>>> Queues::send(QueuePtr queue, std::vector<queue::Send> sends) {
    const size_t count = sends.size();
    if (auto accepted = pressure_.accepts_records(); !accepted)
        co_return std::vector<Result<QueueSent>>(count, fail(std::move(accepted).error()));
    std::map<PartitionIndex, std::pair<std::vector<size_t>, std::vector<queue::Send>>> shares;
    std::optional<PartitionIndex> ungrouped;  // one for all of this call: one batch
    for (size_t i = 0; i < count; ++i) {
        const bool free_choice = !sends[i].message.group && !sends[i].hand_off;
        const PartitionIndex partition = free_choice && ungrouped ? *ungrouped
                                                                  : partition_for(*queue, sends[i]);
        if (free_choice) ungrouped = partition;
        auto& [places, share] = shares[partition];
        places.push_back(i);
        share.push_back(std::move(sends[i]));
    }
    std::vector<Task<std::vector<Result<QueueSent>>>> calls;
    for (auto& [partition, share] : shares)
        calls.push_back(send_to(queue, partition, std::move(share.second)));
    auto gathered = co_await io::when_all(std::move(calls));
    std::vector<Result<QueueSent>> results(count);
    size_t call = 0;
    for (const auto& [partition, share] : shares) {
        for (size_t i = 0; i < share.first.size(); ++i)
            results[share.first[i]] = std::move(gathered[call][i]);
        ++call;
    }
    co_return results;
}

Task<std::vector<Result<QueueSent>>> Queues::send_to(QueuePtr queue, PartitionIndex partition,
                                                     std::vector<queue::Send> sends) {
    const size_t count = sends.size();
    using Results = std::vector<Result<queue::Sent>>;
    const auto stored = co_await at<Results>(
        place(*queue, partition),
        [sends = std::move(sends)](queue::Queue& target) mutable -> Task<Result<Results>> {
            return as_result(target.send(std::move(sends)));
        });
    if (!stored) co_return std::vector<Result<QueueSent>>(count, fail(stored.error()));
    std::vector<Result<QueueSent>> results;
    for (const Result<queue::Sent>& sent : *stored) {
        if (sent) {
            results.push_back(QueueSent{.id = sent->id,
                                        .partition = partition,
                                        .offset = sent->offset,
                                        .duplicate = sent->duplicate});
        } else {
            results.push_back(fail(sent.error()));
        }
    }
    co_return results;
}

Task<Result<std::vector<QueueDelivery>>> Queues::receive_at(QueuePtr queue,
                                                            PartitionIndex partition,
                                                            queue::Receive receive) {
    const TopicPartition id = place(*queue, partition);
    CO_TRY(auto received, co_await receive_from(shards_.owner(id), id, std::move(receive)));
    std::vector<QueueDelivery> deliveries;
    for (queue::Delivery& delivery : received)
        deliveries.push_back({.partition = partition, .delivery = std::move(delivery)});
    co_return deliveries;
}

// Receives from all partitions at once, each as much as is wanted in all, until one of them has
// something; the others' calls are dropped then, which leaves nothing leased there.
class Queues::AnyPartition {
public:
    AnyPartition(Queues& queues, QueuePtr queue, queue::Receive receive) {
        for (int32_t index = 0; index < queue->partition_count; ++index) {
            ++left_;
            scope_.spawn(wait_at(queues, queue, {index}, receive));
        }
    }

    Task<Result<std::vector<QueueDelivery>>> first() {
        while (left_ > 0 && !answer_) co_await changed_.wait();
        if (!answer_) co_return std::vector<QueueDelivery>();
        co_return std::move(*answer_);
    }

private:
    Task<void> wait_at(Queues& queues, QueuePtr queue, PartitionIndex partition,
                       queue::Receive receive) {
        auto received = co_await queues.receive_at(queue, partition, std::move(receive));
        --left_;
        const bool counts = !received || !received->empty();
        if (counts && answer_) {
            // Another partition was first, in this very turn.
            if (received) queues.give_back(*queue, std::move(*received));
            co_return;
        }
        if (counts) answer_ = std::move(received);
        changed_.notify_all();
    }

    size_t left_ = 0;
    std::optional<Result<std::vector<QueueDelivery>>> answer_;
    io::Signal changed_;
    io::TaskScope scope_;
};

Task<Result<std::vector<QueueDelivery>>> Queues::receive(QueuePtr queue, queue::Receive receive) {
    if (queue->partition_count == 1) {
        const PartitionIndex only{0};
        co_return co_await receive_at(queue, only, std::move(receive));
    }
    const auto count = static_cast<uint32_t>(queue->partition_count);
    const uint32_t first = next_.fetch_add(1, std::memory_order_relaxed) % count;
    for (uint32_t i = 0; i < count; ++i) {
        const PartitionIndex partition{static_cast<int32_t>((first + i) % count)};
        queue::Receive at_once = receive;
        at_once.deadline = {};
        auto some = co_await receive_at(queue, partition, std::move(at_once));
        if (!some || !some->empty()) co_return some;
    }
    if (receive.deadline <= io::Shard::current().now()) co_return std::vector<QueueDelivery>();
    AnyPartition any(*this, queue, std::move(receive));
    co_return co_await any.first();
}

void Queues::give_back(const meta::Topic& queue, std::vector<QueueDelivery> deliveries) {
    for (QueueDelivery& delivery : deliveries) {
        const TopicPartition id = place(queue, delivery.partition);
        std::vector<queue::Delivery> one;
        one.push_back(std::move(delivery.delivery));
        give_back_to(shards_.owner(id), id, std::move(one));
    }
}

Task<std::vector<Result<void>>> Queues::settle(QueuePtr queue, std::vector<QueueSettle> settles) {
    std::map<PartitionIndex, std::pair<std::vector<size_t>, std::vector<queue::Settle>>> shares;
    for (size_t i = 0; i < settles.size(); ++i) {
        auto& [places, share] = shares[settles[i].partition];
        places.push_back(i);
        share.push_back(settles[i].settle);
    }
    using Results = std::vector<Result<void>>;
    std::vector<Task<Result<Results>>> calls;
    for (auto& [partition, share] : shares) {
        calls.push_back(at<Results>(place(*queue, partition),
                                    [part = std::move(share.second)](queue::Queue& target) mutable {
                                        return as_result(target.settle(std::move(part)));
                                    }));
    }
    const auto gathered = co_await io::when_all(std::move(calls));
    std::vector<Result<void>> results(settles.size());
    size_t call = 0;
    for (const auto& [partition, share] : shares) {
        const Result<Results>& answer = gathered[call++];
        for (size_t i = 0; i < share.first.size(); ++i)
            results[share.first[i]] = answer ? (*answer)[i] : fail(answer.error());
    }
    co_return results;
}

Task<Result<void>> Queues::purge(QueuePtr queue) {
    const auto purged = co_await at_all<void>(queue,
                                              [](queue::Queue& part) { return part.purge(); });
    for (const Result<void>& result : purged) CO_TRY_VOID(result);
    co_return {};
}

Task<Result<void>> Queues::seek(QueuePtr queue, int64_t sent_at_ms) {
    const auto sought = co_await at_all<void>(queue, [sent_at_ms](queue::Queue& part) {
        return part.seek(sent_at_ms);
    });
    for (const Result<void>& result : sought) CO_TRY_VOID(result);
    co_return {};
}

Task<Result<std::vector<QueuePeeked>>> Queues::peek(QueuePtr queue, uint32_t messages_max) {
    auto parts = co_await at_all<std::vector<queue::Peeked>>(
        queue, [messages_max](queue::Queue& part) { return part.peek({0}, messages_max); });
    std::vector<QueuePeeked> all;
    for (int32_t index = 0; index < std::ssize(parts); ++index) {
        CO_TRY(auto peeked, std::move(parts[static_cast<size_t>(index)]));
        for (queue::Peeked& one : peeked)
            all.push_back({.partition = {index}, .peeked = std::move(one)});
    }
    co_return all;
}

Task<Result<queue::Depth>> Queues::depth(QueuePtr queue) {
    const auto parts = co_await at_all<queue::Depth>(queue, [](queue::Queue& part) {
        return io::ready(Result<queue::Depth>(part.depth()));
    });
    queue::Depth sum;
    for (const auto& part : parts) {
        CO_TRY(const queue::Depth depth, part);
        sum.ready += depth.ready;
        sum.leased += depth.leased;
        sum.delayed += depth.delayed;
        sum.dead += depth.dead;
    }
    co_return sum;
}

Task<Result<std::optional<int64_t>>> Queues::oldest_sent_at_ms(QueuePtr queue) {
    const auto parts = co_await at_all<std::optional<int64_t>>(queue, [](queue::Queue& part) {
        return part.oldest_sent_at_ms();
    });
    std::optional<int64_t> oldest;
    for (const auto& part : parts) {
        CO_TRY(const std::optional<int64_t> sent_at_ms, part);
        if (sent_at_ms && (!oldest || *sent_at_ms < *oldest)) oldest = sent_at_ms;
    }
    co_return oldest;
}

Result<Queues::QueuePtr> Queues::dead_letter_queue(model::TopicId source) const {
    const auto topic = topics_.image()->find(source);
    if (!topic || !topic->config->queue.dead_letter) return fail(ErrorCode::unknown_topic);
    return find(topic->config->queue.dead_letter->queue);
}

Task<std::vector<Result<void>>> Queues::give_up(model::TopicId source,
                                                std::vector<queue::DeadLetter> letters) {
    const size_t count = letters.size();
    const auto queue = dead_letter_queue(source);
    if (!queue) co_return std::vector<Result<void>>(count, fail(queue.error()));
    const auto topic = topics_.image()->find(source);
    std::vector<queue::Send> sends;
    for (queue::DeadLetter& letter : letters) {
        letter.message.dead_letter_source = topic->name;
        sends.push_back({.message = std::move(letter.message),
                         .delay = base::Duration::zero(),
                         .hand_off = letter.hand_off});
    }
    std::vector<Result<void>> results;
    for (const Result<QueueSent>& sent : co_await send(*queue, std::move(sends)))
        results.push_back(sent ? Result<void>() : fail(sent.error()));
    co_return results;
}

Task<void> Queues::forget_hand_offs(model::TopicId source, std::vector<queue::HandOff> hand_offs) {
    const auto queue = dead_letter_queue(source);
    if (queue) co_await forget_hand_offs(*queue, std::move(hand_offs));
}

Task<void> Queues::forget_hand_offs(QueuePtr queue, std::vector<queue::HandOff> hand_offs) {
    co_await at_all<bool>(queue, [hand_offs = std::move(hand_offs)](queue::Queue& part) {
        part.forget_hand_offs(hand_offs);
        return io::ready(Result<bool>(true));
    });
}

}  // namespace polylog::broker
