#include "broker/publication_partition.h"

#include <utility>

namespace polylog::broker {

using base::Result;
using io::Task;

namespace {

// What is checked and compared where messages come in is the same as in a queue.
std::shared_ptr<const model::TopicConfig> intake_config(const model::TopicConfig& topic) {
    const bool of_group = topic.publication.deduplication_scope == model::PublicationScope::group;
    auto config = std::make_shared<model::TopicConfig>(topic);
    config->queue = {};
    config->queue.ordered = topic.publication.ordered;
    config->queue.message_max_bytes = topic.publication.message_max_bytes;
    config->queue.deduplication_scope = of_group ? model::DeduplicationScope::group
                                                 : model::DeduplicationScope::queue;
    return config;
}

}  // namespace

PublicationPartition::PublicationPartition(Parts parts, const model::TopicConfig& config)
    : ledger_(parts.shard, {parts.messages, parts.settlements}, unused_),
      intake_({parts.shard, parts.messages, parts.id, ledger_}),
      intake_config_(intake_config(config)),
      fan_out_({.shard = parts.shard,
                .ledger = ledger_,
                .messages = parts.messages,
                .id = parts.id,
                .image = std::move(parts.image),
                .door = std::move(parts.door)}) {}

Task<Result<void>> PublicationPartition::load() {
    const auto self = shared_from_this();
    CO_TRY_VOID(co_await ledger_.load());
    fan_out_.start();
    co_return {};
}

void PublicationPartition::configure(const model::TopicConfig& config) {
    intake_config_ = intake_config(config);
}

Task<std::vector<Result<queue::Sent>>> PublicationPartition::publish(
    std::vector<queue::Send> sends) {
    const auto self = shared_from_this();
    co_return co_await intake_.send(std::move(sends), intake_config_);
}

}  // namespace polylog::broker
