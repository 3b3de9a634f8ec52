#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/kafka/messages/create_topics.h"
#include "protocol/kafka/messages/delete_topics.h"
#include "protocol/kafka/messages/fetch.h"
#include "protocol/kafka/messages/produce.h"
#include "test/log/batches.h"
#include "test/support/kafka_broker_fixture.h"

// The requests that many tests send, and their parts of the answers.
namespace polylog::kafka {

inline base::Slice batch_of(const log::testing::BatchShape& shape) {
    return base::Slice(log::testing::make_batch(shape));
}

inline base::Uuid create_topic(Wire& wire, std::string_view name, int32_t partitions = 1,
                               std::vector<CreateTopicsRequest::Config> configs = {}) {
    CreateTopicsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    topic.configs = std::move(configs);
    const auto created = wire.call(request, 7).topics.at(0);
    EXPECT_EQ(created.error_code, ApiError::none) << created.error_message.value_or("");
    return created.topic_id;
}

inline void delete_topic(Wire& wire, base::Uuid id) {
    DeleteTopicsRequest request;
    request.topics.push_back({.name = std::nullopt, .topic_id = id});
    EXPECT_EQ(wire.call(request, 6).responses.at(0).error_code, ApiError::none);
}

// One partition of one topic, by name or by id, as the version has it.
struct Target {
    std::string_view name{};
    base::Uuid id{};
    int32_t partition = 0;
};

inline ProduceRequest produce_request(Target target, std::optional<base::Slice> records,
                                      int16_t acks = -1) {
    ProduceRequest request;
    request.acks = acks;
    request.timeout_ms = 10'000;
    ProduceRequest::Topic topic{.name = target.name, .topic_id = target.id, .partition_data = {}};
    auto& partition = topic.partition_data.emplace_back();
    partition.index = target.partition;
    if (records) partition.records.emplace(std::move(*records));
    request.topic_data.push_back(std::move(topic));
    return request;
}
inline ProduceResponse::Partition produce(Wire& wire, Target target,
                                          std::optional<base::Slice> records,
                                          int16_t version = 12) {
    const auto response = wire.call(produce_request(target, std::move(records)), version);
    return response.responses.at(0).partition_responses.at(0);
}

struct FetchShape {
    int64_t offset = 0;
    int32_t max_bytes = 1 << 20;
    int32_t partition_max_bytes = 1 << 20;
    int32_t max_wait_ms = 0;
    int32_t leader_epoch = -1;
};
inline FetchRequest fetch_request(Target target, const FetchShape& shape = {}) {
    FetchRequest request;
    request.max_wait_ms = shape.max_wait_ms;
    request.min_bytes = 1;
    request.max_bytes = shape.max_bytes;
    auto& topic = request.topics.emplace_back();
    topic.topic = target.name;
    topic.topic_id = target.id;
    topic.partitions.push_back({.partition = target.partition,
                                .current_leader_epoch = shape.leader_epoch,
                                .fetch_offset = shape.offset,
                                .partition_max_bytes = shape.partition_max_bytes});
    return request;
}
inline FetchResponse::Partition fetch(Wire& wire, Target target, const FetchShape& shape = {},
                                      int16_t version = 12) {
    const auto response = wire.call(fetch_request(target, shape), version);
    EXPECT_EQ(response.error_code, ApiError::none);
    return response.responses.at(0).partitions.at(0);
}

// Base offset and record count of each batch of an answer.
inline std::vector<std::pair<int64_t, int32_t>> batches_in(
    const FetchResponse::Partition& partition) {
    std::vector<std::pair<int64_t, int32_t>> batches;
    const base::Slice bytes = partition.records->joined();
    for (base::Bytes rest = bytes.bytes(); !rest.empty();) {
        const model::BatchView batch(rest);
        batches.emplace_back(batch.base_offset().value, batch.record_count());
        rest = rest.subspan(batch.size_bytes());
    }
    return batches;
}

}  // namespace polylog::kafka
