#pragma once

#include <compare>
#include <cstdint>
#include <functional>

#include "base/strong.h"
#include "base/uuid.h"

// The nouns everything above storage speaks in.
namespace polylog::model {

// A record's position in its partition, dense from 0. The same number for every protocol, replica
// and file.
using Offset = base::Strong<struct OffsetTag, int64_t>;
// Counts the leaders a partition has had; the only fence for replicas and delivery state.
using LeaderEpoch = base::Strong<struct LeaderEpochTag, int32_t>;
using PartitionIndex = base::Strong<struct PartitionIndexTag, int32_t>;
using ProducerId = base::Strong<struct ProducerIdTag, int64_t>;
using ProducerEpoch = base::Strong<struct ProducerEpochTag, int16_t>;
using NodeId = base::Strong<struct NodeIdTag, int32_t>;
// A topic's incarnation: a topic deleted and created again under the same name has another id.
using TopicId = base::Strong<struct TopicIdTag, base::Uuid>;
// Counts the subscriptions ever made: a short name for one, never given out again.
using SubscriptionNumber = base::Strong<struct SubscriptionNumberTag, uint64_t>;

// What stands in batches and requests that have none.
constexpr LeaderEpoch kNoLeaderEpoch{-1};
constexpr ProducerId kNoProducer{-1};

// Names one log everywhere: in files, in the write-ahead log, between shards.
struct TopicPartition {
    TopicId topic;
    PartitionIndex partition;

    auto operator<=>(const TopicPartition&) const = default;
};

// The log of a queue partition's settlements lies beside its messages: same topic, same shard. It
// is no partition of the topic's: nobody but the queue room reads or writes there.
constexpr int32_t kSettlementsBit = 1 << 30;
constexpr TopicPartition settlements_of(const TopicPartition& messages) {
    return {messages.topic, {messages.partition.value | kSettlementsBit}};
}
constexpr bool is_settlements(PartitionIndex partition) {
    return (partition.value & kSettlementsBit) != 0;
}
// The messages that a settlements log is about; any other partition is its own.
constexpr TopicPartition messages_of(const TopicPartition& log) {
    return {log.topic, {log.partition.value & ~kSettlementsBit}};
}

}  // namespace polylog::model

// For unordered tables; not stable between versions, so never stored.
template <>
struct std::hash<polylog::model::TopicPartition> {
    size_t operator()(const polylog::model::TopicPartition& id) const noexcept {
        return std::hash<polylog::base::Uuid>{}(id.topic.value) +
               static_cast<size_t>(id.partition.value) * 0x9E3779B97F4A7C15ull;
    }
};
