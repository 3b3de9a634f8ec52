#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "broker/pressure.h"
#include "io/task.h"
#include "meta/metadata_image.h"
#include "model/message.h"
#include "model/publication_settings.h"

namespace polylog::broker {

class Shards;
class Topics;

// A topic with subscribers, to be made.
struct NewPublicationTopic {
    std::string name;
    model::PublicationSettings settings;
    int32_t partition_count = 1;
};

// Where a published message is.
struct Published {
    base::Uuid id;
    model::TopicPartition partition;
    model::Offset offset;  // ascending within a message group
    bool duplicate = false;
};

// Topics whose messages go to subscribers. Callable from any shard. Who takes a message is decided
// when it is published, and stored with it; a fan-out takes it there afterwards.
class Publications {
public:
    Publications(Shards& shards, Topics& topics, const Pressure& pressure)
        : shards_(shards), topics_(topics), pressure_(pressure) {}

    using TopicPtr = std::shared_ptr<const meta::Topic>;
    // This shard's view. Error: unknown_topic (also of a topic that has no subscribers).
    base::Result<TopicPtr> find(std::string_view name) const;
    std::vector<TopicPtr> list() const;
    // Errors: those of Topics::create.
    io::Task<base::Result<TopicPtr>> create(NewPublicationTopic wanted);
    // Errors: unknown_topic, invalid_config; invalid_request (whether a topic is ordered never
    // changes).
    io::Task<base::Result<void>> alter(TopicPtr topic, model::PublicationSettings settings);
    // Its subscriptions go with it. Error: unknown_topic.
    io::Task<base::Result<void>> remove(TopicPtr topic);

    // Durable when it returns, with those who take each message; one answer per message, in order.
    // Messages of a group are stored in the order of the calls. An ordered topic's message that was
    // published within five minutes before is stored once, and its duplicate answers the first.
    // Errors: invalid_request (an ordered topic's message without a group or a deduplication id,
    // another's with one), message_too_large, unknown_topic, disk_full, throttled, those of
    // replication::Partition::append.
    io::Task<std::vector<base::Result<Published>>> publish(TopicPtr topic,
                                                           std::vector<model::Message> messages);

private:
    io::Task<std::vector<base::Result<Published>>> publish_to(model::TopicPartition id,
                                                              std::vector<model::Message> messages);

    Shards& shards_;
    Topics& topics_;
    const Pressure& pressure_;
};

}  // namespace polylog::broker
