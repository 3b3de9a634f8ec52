#pragma once

#include <cstdint>
#include <string_view>

#include "base/limits.h"
#include "coordinator/group_coordinator.h"
#include "meta/controller.h"
#include "model/broker_config.h"
#include "model/ids.h"
#include "model/topic_name.h"

namespace polylog::broker {

// The log of the metadata itself. The id is the one Kafka reserves for its metadata topic
// (KIP-516).
constexpr std::string_view kMetadataTopic = "__cluster_metadata";
constexpr model::TopicId kMetadataTopicId{
    base::Uuid{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};

// The offsets topic as it is created when the first group needs it.
meta::NewTopic offsets_topic(const model::BrokerConfig& config);
// Which partition of the offsets topic coordinates a group: Java's String.hashCode of the id,
// without its sign, modulo the partition count, so that other tools find a group's records.
model::PartitionIndex offsets_partition(std::string_view group_id, int32_t partition_count);

// What the broker's configuration says, within the process's own limits.
coordinator::GroupConfig group_config(const model::BrokerConfig& config,
                                      const base::Limits& limits);

}  // namespace polylog::broker
