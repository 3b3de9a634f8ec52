#pragma once

#include <memory>

#include "base/result.h"
#include "io/task.h"
#include "meta/metadata_image.h"
#include "model/ids.h"
#include "replication/partition.h"

namespace polylog::broker {

class ShardBroker;

// The log beside a partition's messages that says what has become of them
// (model::settlements_of). Functions of the partition's shard.

// That of the topic, but for what settlements need: they are rewritten, never deleted by age or
// size, and noted on a full disk too.
std::shared_ptr<const model::TopicConfig> settlement_log_config(const model::TopicConfig& messages);
// Finds or makes the log beside a partition of this shard, in the partition's leader epoch. Errors:
// unknown_topic (no such partition here), those of log::Storage::create.
base::Result<std::shared_ptr<replication::Partition>> open_settlement_log(
    ShardBroker& broker, const meta::Topic& topic, model::TopicPartition messages);
// Deletes it, where there is one. Nobody uses it any more.
io::Task<void> drop_settlement_log(ShardBroker& broker, model::TopicPartition messages);

}  // namespace polylog::broker
