#pragma once

#include <map>
#include <memory>
#include <optional>

#include "base/result.h"
#include "broker/publication_partition.h"
#include "io/scope.h"
#include "io/signal.h"
#include "meta/metadata_image.h"
#include "model/ids.h"

namespace polylog::broker {

class ShardBroker;

// The publication partitions of one shard: opened with their topics, because what was published
// before must get to its queues without anybody asking. Lives on that shard.
class ShardPublications {
public:
    explicit ShardPublications(ShardBroker& broker) : broker_(broker) {}
    ~ShardPublications() { close(); }

    // Opens those of all topics; later ones come by configure(). Once, when queues are served.
    void start(QueueDoor door);

    using PartitionPtr = std::shared_ptr<PublicationPartition>;
    // Read back and ready. Errors: unknown_topic (no such partition here, or its topic has no
    // subscribers), leader_not_available (not started), those of PublicationPartition::load and
    // log::Storage::create.
    io::Task<base::Result<PartitionPtr>> find(model::TopicPartition id);
    // A topic is new or altered.
    void configure(const meta::Topic& topic);
    // The partition goes away, with all that is known of its messages.
    io::Task<void> drop(model::TopicPartition id);
    void close();
    // Of those that are open.
    FanOut::Statistics statistics() const;

private:
    struct Opened {
        PartitionPtr partition;
        std::shared_ptr<replication::Partition> settlements;
        bool is_ordered = false;
        bool is_loaded = false;
        base::Result<void> load_result;
        io::Signal loaded;
        io::TaskScope loading;  // last, so that it goes first
    };
    using OpenedPtr = std::shared_ptr<Opened>;

    void open(const meta::Topic& topic, model::TopicPartition id);
    base::Result<OpenedPtr> try_open(const meta::Topic& topic, model::TopicPartition id);
    static io::Task<void> load(Opened& opened, model::TopicPartition id);
    static void close(Opened& opened);

    ShardBroker& broker_;
    std::optional<QueueDoor> door_;
    std::map<model::TopicPartition, OpenedPtr> opened_;
};

}  // namespace polylog::broker
