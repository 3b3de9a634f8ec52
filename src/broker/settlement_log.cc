#include "broker/settlement_log.h"

#include <utility>

#include "base/logging.h"
#include "broker/shard_broker.h"

namespace polylog::broker {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using model::TopicPartition;
using replication::Partition;

namespace {

const base::Logger kLogger("broker");

}  // namespace

std::shared_ptr<const model::TopicConfig> settlement_log_config(
    const model::TopicConfig& messages) {
    auto config = std::make_shared<model::TopicConfig>(messages);
    config->delete_expired = false;
    config->compact = false;
    config->message_timestamp_type = model::TimestampType::create_time;
    config->may_use_disk_reserve = true;
    return config;
}

Result<std::shared_ptr<Partition>> open_settlement_log(ShardBroker& broker,
                                                       const meta::Topic& topic,
                                                       TopicPartition messages) {
    const auto partition = broker.find(messages);
    if (!partition) return fail(ErrorCode::unknown_topic);
    const TopicPartition id = model::settlements_of(messages);
    const auto config = settlement_log_config(*topic.config);
    log::Log* log = broker.storage().find(id);
    if (!log) {
        TRY(log, broker.storage().create(id, topic.name, config));
    }
    log->configure(config);
    replication::Leadership leadership{.leader_epoch = partition->leader_epoch(),
                                       .in_sync_replicas = {broker.node()}};
    return std::make_shared<Partition>(broker.shard(), *log, std::move(leadership), config);
}

Task<void> drop_settlement_log(ShardBroker& broker, TopicPartition messages) {
    const TopicPartition id = model::settlements_of(messages);
    if (!broker.storage().find(id)) co_return;
    const auto dropped = co_await broker.storage().drop(id);
    if (!dropped) {
        kLogger.error("log_not_dropped", "what became of a deleted topic's messages remains",
                      {{"partition", messages.partition}, {"err", dropped.error()}});
    }
}

}  // namespace polylog::broker
