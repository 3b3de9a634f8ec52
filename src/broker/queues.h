#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "broker/pressure.h"
#include "io/task.h"
#include "meta/metadata_image.h"
#include "model/queue_settings.h"
#include "queue/queue.h"

namespace polylog::broker {

class Shards;
class Topics;

// A queue to be made.
struct NewQueue {
    std::string name;
    model::QueueSettings settings;
    int32_t partition_count = 1;
};

// Where a message of a queue is.
struct QueueSent {
    base::Uuid id;
    model::PartitionIndex partition;
    model::Offset offset;
    bool duplicate = false;
};

// A leased message; its lease names it in this partition.
struct QueueDelivery {
    model::PartitionIndex partition;
    queue::Delivery delivery;
};

// What becomes of a message that was leased there.
struct QueueSettle {
    model::PartitionIndex partition;
    queue::Settle settle;
};

struct QueuePeeked {
    model::PartitionIndex partition;
    queue::Peeked peeked;
};

// Queues: topics whose messages are leased and settled one by one, wherever their partitions are.
// Callable from any shard. A queue is a topic with queue settings (model/queue_config.h); what does
// not exist any more answers unknown_topic.
//
// Messages with a group go to the group's partition, where a stream producer's records with that
// key go too; others are spread. So order holds within a group; a queue of one partition keeps all
// of its messages in order.
class Queues {
public:
    Queues(Shards& shards, Topics& topics, const Pressure& pressure)
        : shards_(shards), topics_(topics), pressure_(pressure) {}

    using QueuePtr = std::shared_ptr<const meta::Topic>;
    // This shard's view. Error: unknown_topic (also of a topic that is no queue).
    base::Result<QueuePtr> find(std::string_view name) const;
    std::vector<QueuePtr> list() const;
    // A queue whose settled messages are deleted. Errors: those of Topics::create.
    io::Task<base::Result<QueuePtr>> create(NewQueue wanted);
    // Errors: unknown_topic, invalid_config; invalid_request (whether a queue is ordered never
    // changes).
    io::Task<base::Result<void>> alter(QueuePtr queue, model::QueueSettings settings);
    io::Task<base::Result<void>> remove(QueuePtr queue);

    // As queue::Queue, but for what is said here; one answer per message, in order. Errors,
    // besides: disk_full, throttled.
    io::Task<std::vector<base::Result<QueueSent>>> send(QueuePtr queue,
                                                        std::vector<queue::Send> sends);
    // From whichever partitions have some. A call that is dropped leaves nothing leased.
    io::Task<base::Result<std::vector<QueueDelivery>>> receive(QueuePtr queue,
                                                               queue::Receive receive);
    io::Task<std::vector<base::Result<void>>> settle(QueuePtr queue,
                                                     std::vector<QueueSettle> settles);
    io::Task<base::Result<void>> purge(QueuePtr queue);
    io::Task<base::Result<void>> seek(QueuePtr queue, int64_t sent_at_ms);
    // The first ones of each partition.
    io::Task<base::Result<std::vector<QueuePeeked>>> peek(QueuePtr queue, uint32_t messages_max);
    io::Task<base::Result<queue::Depth>> depth(QueuePtr queue);
    io::Task<base::Result<std::optional<int64_t>>> oldest_sent_at_ms(QueuePtr queue);

    // Takes messages of a queue to its dead-letter queue, as queue::GiveUp; and what follows.
    io::Task<std::vector<base::Result<void>>> give_up(model::TopicId source,
                                                      std::vector<queue::DeadLetter> letters);
    // These will not be handed off again to the queue.
    io::Task<void> forget_hand_offs(QueuePtr queue, std::vector<queue::HandOff> hand_offs);
    io::Task<void> forget_hand_offs(model::TopicId source, std::vector<queue::HandOff> hand_offs);

private:
    class AnyPartition;  // waits for messages on all of them

    template <class R, class F>
    io::Task<base::Result<R>> at(model::TopicPartition id, F work);
    template <class R, class F>
    io::Task<std::vector<base::Result<R>>> at_all(QueuePtr queue, F work);
    model::PartitionIndex partition_for(const meta::Topic& queue, const queue::Send& send);
    io::Task<std::vector<base::Result<QueueSent>>> send_to(QueuePtr queue,
                                                           model::PartitionIndex partition,
                                                           std::vector<queue::Send> sends);
    io::Task<base::Result<std::vector<QueueDelivery>>> receive_at(QueuePtr queue,
                                                                  model::PartitionIndex partition,
                                                                  queue::Receive receive);
    void give_back(const meta::Topic& queue, std::vector<QueueDelivery> deliveries);
    base::Result<QueuePtr> dead_letter_queue(model::TopicId source) const;

    Shards& shards_;
    Topics& topics_;
    const Pressure& pressure_;
    std::atomic<uint32_t> next_{0};  // spreads what has no group, and where receives begin
};

}  // namespace polylog::broker
