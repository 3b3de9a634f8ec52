#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/result.h"
#include "io/scope.h"
#include "io/signal.h"
#include "meta/metadata_image.h"
#include "model/ids.h"
#include "queue/queue.h"
#include "replication/partition.h"

namespace polylog::broker {

class Queues;
class ShardBroker;

// The queues of one shard: views of its partitions whose topics are queues, opened when they are
// first asked for and closed with their partitions. Lives on that shard.
class ShardQueues {
public:
    explicit ShardQueues(ShardBroker& broker);
    ~ShardQueues();

    // Where dead letters go; before that they stay.
    void connect(Queues& queues) { queues_ = &queues; }

    using QueuePtr = std::shared_ptr<queue::Queue>;
    // The queue of a partition, with its settlements read back. Errors: unknown_topic (no such
    // partition here, or its topic is no queue), those of queue::Queue::load and
    // log::Storage::create.
    io::Task<base::Result<QueuePtr>> find(model::TopicPartition id);
    // Settings may have changed, or the topic is no queue any more.
    void configure(const meta::Topic& topic);
    // The partition goes away, with all that is known of its messages.
    io::Task<void> drop(model::TopicPartition id);
    void close();

private:
    struct Opened {
        QueuePtr queue;
        std::shared_ptr<replication::Partition> settlements;
        bool is_ordered = false;
        bool is_loaded = false;
        base::Result<void> load_result;
        io::Signal loaded;
    };
    using OpenedPtr = std::shared_ptr<Opened>;

    base::Result<OpenedPtr> open(model::TopicPartition id);
    queue::DeadLetters::Target target(model::TopicId source);
    io::Task<void> load(OpenedPtr opened, model::TopicPartition id);
    void close(Opened& opened);

    ShardBroker& broker_;
    Queues* queues_ = nullptr;
    std::map<model::TopicPartition, OpenedPtr> opened_;
    io::TaskScope scope_;
};

}  // namespace polylog::broker
