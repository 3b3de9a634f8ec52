#pragma once

#include <string>
#include <vector>

#include "broker/pressure.h"
#include "io/task.h"
#include "meta/controller.h"

namespace polylog::broker {

class Shards;

// Topics and configuration. Callable from any shard; decided by the controller on the first. When a
// call returns, every shard knows the change. The calls are those of meta::Controller.
class Topics {
public:
    Topics(Shards& shards, meta::Controller& controller, const Pressure& pressure)
        : shards_(shards), controller_(controller), pressure_(pressure) {}

    // This shard's view, never older than the last change it was told of.
    meta::ImagePtr image() const;

    using TopicPtr = std::shared_ptr<const meta::Topic>;
    io::Task<std::vector<base::Result<TopicPtr>>> create(std::vector<meta::NewTopic> topics,
                                                         bool validate_only);
    // The topic, created with the broker's defaults if it does not exist and
    // `auto.create.topics.enable` allows; an internal one as the broker itself would make it.
    // Errors: unknown_topic, and those of creation.
    io::Task<base::Result<TopicPtr>> find_or_create(std::string name);
    io::Task<std::vector<base::Result<void>>> remove(std::vector<model::TopicId> topics);
    io::Task<std::vector<base::Result<void>>> add_partitions(
        std::vector<meta::MorePartitions> requests, bool validate_only);
    io::Task<base::Result<void>> alter_topic(std::string topic, meta::ConfigAlteration alteration,
                                             bool validate_only);
    io::Task<base::Result<void>> alter_broker(model::DynamicLayer layer,
                                              meta::ConfigAlteration alteration,
                                              bool validate_only);
    io::Task<base::Result<model::ProducerId>> allocate_producer_ids(int64_t count);

private:
    Shards& shards_;
    meta::Controller& controller_;
    const Pressure& pressure_;
};

}  // namespace polylog::broker
