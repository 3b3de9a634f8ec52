#include "client/admin.h"

#include <fmt/format.h>

#include "client/errors.h"
#include "io/when_all.h"
#include "protocol/kafka/messages/create_partitions.h"
#include "protocol/kafka/messages/delete_groups.h"
#include "protocol/kafka/messages/delete_topics.h"
#include "protocol/kafka/messages/offset_commit.h"
#include "protocol/kafka/messages/offset_fetch.h"

namespace polylog::client {

using base::ErrorCode;
using base::Result;
using io::Task;

namespace {

constexpr int32_t kTimeoutMs = 30'000;
// OffsetFetch answers several groups from here on; above kLastVersionByName, topics go by id.
constexpr int16_t kFirstVersionOfGroups = 8;
constexpr int16_t kLastVersionByName = 9;

// The one item that an answer to a question about one thing has to have.
template <class Item>
Result<Item> only(std::vector<Item> items) {
    if (items.size() == 1) return std::move(items.front());
    return base::fail(ErrorCode::invalid_request,
                      fmt::format("the broker answered {} items instead of one", items.size()));
}

// What one leader is asked.
struct Question {
    ConnectionRef leader;
    kafka::ListOffsetsRequest request;
};

}  // namespace

Task<Result<kafka::CreateTopicsResponse::Topic>> Admin::create_topic(NewTopic topic,
                                                                     bool validate_only) {
    CO_TRY(const ConnectionRef connection, co_await cluster_.any());
    kafka::CreateTopicsRequest request;
    request.timeout_ms = kTimeoutMs;
    request.validate_only = validate_only;
    auto& wanted = request.topics.emplace_back();
    wanted.name = topic.name;
    wanted.num_partitions = topic.partitions;
    wanted.replication_factor = topic.replication_factor;
    for (const auto& [name, value] : topic.configs)
        wanted.configs.push_back({.name = name, .value = value});
    CO_TRY(auto response, co_await connection->call(request));
    CO_TRY(auto created, only(std::move(response.topics)));
    CO_TRY_VOID(check(created.error_code, created.error_message));
    co_return created;
}

Task<Result<void>> Admin::delete_topic(std::string name) {
    CO_TRY(const ConnectionRef connection, co_await cluster_.any());
    kafka::DeleteTopicsRequest request;
    request.timeout_ms = kTimeoutMs;
    // Version 6 moved the names into structures; both are filled in, the version sends its own.
    request.topics.push_back({.name = name, .topic_id = {}});
    request.topic_names.push_back(name);
    CO_TRY(auto response, co_await connection->call(request));
    CO_TRY(const auto deleted, only(std::move(response.responses)));
    co_return check(deleted.error_code, deleted.error_message);
}

Task<Result<void>> Admin::set_partition_count(std::string topic, int32_t count,
                                              bool validate_only) {
    CO_TRY(const ConnectionRef connection, co_await cluster_.any());
    kafka::CreatePartitionsRequest request;
    request.timeout_ms = kTimeoutMs;
    request.validate_only = validate_only;
    request.topics.push_back({.name = topic, .count = count, .assignments = {}});
    CO_TRY(auto response, co_await connection->call(request));
    CO_TRY(const auto result, only(std::move(response.results)));
    co_return check(result.error_code, result.error_message);
}

Task<Result<std::vector<kafka::DescribeConfigsResponse::Config>>> Admin::topic_configs(
    std::string topic) {
    CO_TRY(const ConnectionRef connection, co_await cluster_.any());
    kafka::DescribeConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = kafka::ConfigResourceType::topic;
    resource.resource_name = topic;
    CO_TRY(auto response, co_await connection->call(request));
    CO_TRY(auto result, only(std::move(response.results)));
    CO_TRY_VOID(check(result.error_code, result.error_message));
    co_return std::move(result.configs);
}

Task<Result<void>> Admin::alter_topic_configs(std::string topic, std::vector<ConfigChange> changes,
                                              bool validate_only) {
    CO_TRY(const ConnectionRef connection, co_await cluster_.any());
    kafka::IncrementalAlterConfigsRequest request;
    request.validate_only = validate_only;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = kafka::ConfigResourceType::topic;
    resource.resource_name = topic;
    for (const ConfigChange& change : changes) {
        auto& config = resource.configs.emplace_back();
        config.name = change.name;
        config.config_operation = change.value ? kafka::ConfigOperation::set
                                               : kafka::ConfigOperation::remove;
        if (change.value) config.value = *change.value;
    }
    CO_TRY(auto response, co_await connection->call(request));
    CO_TRY(const auto result, only(std::move(response.responses)));
    co_return check(result.error_code, result.error_message);
}

Task<Result<std::map<int32_t, Offsets>>> Admin::list_offsets(std::string topic,
                                                             int64_t timestamp_ms,
                                                             kafka::IsolationLevel isolation) {
    CO_TRY(const int32_t count, co_await cluster_.partition_count(topic));
    std::map<std::string, Question> questions;  // by leader, in an order that repeats
    for (int32_t partition = 0; partition < count; ++partition) {
        TopicPartition target{topic, partition};
        CO_TRY(const ConnectionRef leader, co_await cluster_.leader(std::move(target)));
        Question& question = questions[io::to_string(leader->peer())];
        question.leader = leader;
        kafka::ListOffsetsRequest& request = question.request;
        request.replica_id = -1;
        request.isolation_level = isolation;
        request.timeout_ms = kTimeoutMs;
        if (request.topics.empty()) request.topics.emplace_back().name = topic;
        auto& wanted = request.topics[0].partitions.emplace_back();
        wanted.partition_index = partition;
        wanted.timestamp = timestamp_ms;
    }
    std::vector<Task<Result<kafka::ListOffsetsResponse>>> calls;
    for (auto& [name, question] : questions) {
        calls.push_back(question.leader->call(std::move(question.request)));
    }
    std::map<int32_t, Offsets> offsets;
    for (const auto& response : co_await io::when_all(std::move(calls))) {
        if (!response) co_return base::fail(response.error());
        for (const auto& answer : response->topics) {
            for (const auto& partition : answer.partitions) {
                CO_TRY_VOID(check(partition.error_code));
                offsets[partition.partition_index] = {partition.offset, partition.timestamp};
            }
        }
    }
    co_return offsets;
}

Task<Result<std::vector<kafka::ListGroupsResponse::Group>>> Admin::groups() {
    CO_TRY(const auto metadata, co_await cluster_.metadata({}));
    std::vector<kafka::ListGroupsResponse::Group> groups;
    // Every broker knows only the groups that it coordinates.
    for (const auto& broker : metadata.brokers) {
        CO_TRY(const ConnectionRef connection, co_await cluster_.node(broker.node_id));
        CO_TRY(auto response, co_await connection->call(kafka::ListGroupsRequest{}));
        CO_TRY_VOID(check(response.error_code));
        for (auto& group : response.groups) groups.push_back(std::move(group));
    }
    co_return groups;
}

Task<Result<kafka::DescribeGroupsResponse::Group>> Admin::describe_group(std::string group) {
    CO_TRY(const ConnectionRef connection, co_await cluster_.group_coordinator(group));
    kafka::DescribeGroupsRequest request;
    request.groups = {group};
    CO_TRY(auto response, co_await connection->call(request));
    CO_TRY(auto described, only(std::move(response.groups)));
    const auto state = check(described.error_code, described.error_message);
    if (!state && !(state.error() == ErrorCode::unknown_group)) {
        co_return base::fail(state.error());
    }
    // Up to version 5 an unknown group is "Dead".
    if (!state || described.group_state == "Dead") {
        co_return base::fail(ErrorCode::unknown_group,
                             fmt::format("group '{}' does not exist", group));
    }
    co_return described;
}

Task<Result<Committed>> Admin::committed(std::string group) {
    CO_TRY(const ConnectionRef connection, co_await cluster_.group_coordinator(group));
    kafka::OffsetFetchRequest request;
    request.groups.emplace_back().group_id = group;
    const CallSettings settings{.min_version = kFirstVersionOfGroups,
                                .max_version = kLastVersionByName};
    CO_TRY(auto response, co_await connection->call(request, settings));
    CO_TRY(const auto answer, only(std::move(response.groups)));
    CO_TRY_VOID(check(answer.error_code));
    Committed committed;
    for (const auto& topic : answer.topics) {
        for (const auto& partition : topic.partitions) {
            CO_TRY_VOID(check(partition.error_code));
            if (partition.committed_offset < 0) continue;
            committed[{topic.name, partition.partition_index}] = partition.committed_offset;
        }
    }
    co_return committed;
}

Task<Result<void>> Admin::commit(std::string group, Committed offsets) {
    CO_TRY(const ConnectionRef connection, co_await cluster_.group_coordinator(group));
    kafka::OffsetCommitRequest request;
    request.group_id = group;
    for (const auto& [partition, offset] : offsets) {
        if (request.topics.empty() || request.topics.back().name != partition.topic) {
            request.topics.emplace_back().name = partition.topic;
        }
        auto& wanted = request.topics.back().partitions.emplace_back();
        wanted.partition_index = partition.partition;
        wanted.committed_offset = offset;
        wanted.committed_metadata = "";
    }
    CO_TRY(const auto response,
           co_await connection->call(request, {.max_version = kLastVersionByName}));
    for (const auto& topic : response.topics) {
        for (const auto& partition : topic.partitions) CO_TRY_VOID(check(partition.error_code));
    }
    co_return Result<void>();
}

Task<Result<void>> Admin::delete_group(std::string group) {
    CO_TRY(const ConnectionRef connection, co_await cluster_.group_coordinator(group));
    kafka::DeleteGroupsRequest request;
    request.groups_names = {group};
    CO_TRY(auto response, co_await connection->call(request));
    CO_TRY(const auto result, only(std::move(response.results)));
    co_return check(result.error_code);
}

}  // namespace polylog::client
