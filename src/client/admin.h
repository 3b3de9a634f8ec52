#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/cluster.h"
#include "client/record.h"
#include "protocol/kafka/messages/alter_configs.h"
#include "protocol/kafka/messages/create_topics.h"
#include "protocol/kafka/messages/describe_configs.h"
#include "protocol/kafka/messages/describe_groups.h"
#include "protocol/kafka/messages/isolation_level.h"
#include "protocol/kafka/messages/list_groups.h"
#include "protocol/kafka/messages/list_offsets.h"

namespace polylog::client {

// A topic to be created; settings by Kafka's names.
struct NewTopic {
    std::string name;
    int32_t partitions = -1;          // -1: the broker's default
    int16_t replication_factor = -1;  // likewise
    std::vector<std::pair<std::string, std::string>> configs;
};

// One setting of a topic that is to change.
struct ConfigChange {
    std::string name;
    std::optional<std::string> value;  // absent: back to the default
};

// The answer to a question for an offset by time.
struct Offsets {
    int64_t offset = -1;        // -1: none
    int64_t timestamp_ms = -1;  // of the record found; -1: none, or an end of the log
};

using Committed = std::map<TopicPartition, int64_t>;  // the next offset the group would read

// The administrative requests, one call each, with the broker's refusals as errors. On the
// cluster's shard.
class Admin {
public:
    explicit Admin(Cluster& cluster) : cluster_(cluster) {}

    // What the broker made of it: partitions and replication as chosen. Errors: topic_exists,
    // invalid_name, invalid_config...; with validate_only nothing is created.
    io::Task<base::Result<kafka::CreateTopicsResponse::Topic>> create_topic(NewTopic topic,
                                                                            bool validate_only);
    io::Task<base::Result<void>> delete_topic(std::string name);
    // Raises the number of partitions to `count`.
    io::Task<base::Result<void>> set_partition_count(std::string topic, int32_t count,
                                                     bool validate_only);
    io::Task<base::Result<std::vector<kafka::DescribeConfigsResponse::Config>>> topic_configs(
        std::string topic);
    io::Task<base::Result<void>> alter_topic_configs(std::string topic,
                                                     std::vector<ConfigChange> changes,
                                                     bool validate_only);

    // One offset per partition of the topic: the first at or after the timestamp, or an end of the
    // log (kafka::kLatestTimestamp, kafka::kEarliestTimestamp).
    io::Task<base::Result<std::map<int32_t, Offsets>>> list_offsets(
        std::string topic, int64_t timestamp_ms,
        kafka::IsolationLevel isolation = kafka::IsolationLevel::read_uncommitted);

    io::Task<base::Result<std::vector<kafka::ListGroupsResponse::Group>>> groups();
    // Errors: unknown_group.
    io::Task<base::Result<kafka::DescribeGroupsResponse::Group>> describe_group(std::string group);
    io::Task<base::Result<Committed>> committed(std::string group);
    // For a group without members. Errors: unknown_member when it has some.
    io::Task<base::Result<void>> commit(std::string group, Committed offsets);
    io::Task<base::Result<void>> delete_group(std::string group);

private:
    Cluster& cluster_;
};

}  // namespace polylog::client
