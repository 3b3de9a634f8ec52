#include "test/sim/broker_ledger.h"

#include <fmt/core.h>

namespace polylog::sim {

BrokerLedger::BrokerLedger(World& in_world, BrokerSetup chosen) : world(in_world), setup(chosen) {
    for (const LastingTopic& topic : kLastingTopics) {
        for (int32_t index = 0; index < topic.partitions; ++index) {
            const client::TopicPartition partition{std::string(topic.name), index};
            PartitionHistory& history = partitions[partition];
            if (topic.retention_bytes >= 0)
                history.deletable_before(std::numeric_limits<int64_t>::max());
            for (const std::string_view group : kGroups) groups[{std::string(group), partition}];
        }
    }
}

void BrokerLedger::judge(std::string_view thing, Complaint complaint) {
    if (complaint) world.fail(fmt::format("{}: {}", thing, *complaint));
}

client::ClusterSettings impatient(const BrokerLedger& ledger) {
    client::ClusterSettings settings;
    settings.bootstrap = {{ledger.broker_address, kBrokerPort}};
    settings.connection.connect_timeout = std::chrono::milliseconds(500);
    settings.connection.request_timeout = std::chrono::milliseconds(1500);
    return settings;
}

std::string to_string(const client::TopicPartition& partition) {
    return fmt::format("{}-{}", partition.topic, partition.partition);
}

}  // namespace polylog::sim
