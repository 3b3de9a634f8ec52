#include "protocol/kafka/handlers/records.h"
#include "protocol/kafka/handlers/topic_lookup.h"

namespace polylog::kafka {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

namespace {

// What a special timestamp asks for. Nothing is tiered here: the local log is the whole log.
Result<broker::OffsetQuery::Kind> to_kind(int64_t timestamp, int16_t version) {
    using Kind = broker::OffsetQuery::Kind;
    if (timestamp >= 0) return Kind::at_time;
    if (timestamp == kLatestTimestamp) return Kind::latest;
    if (timestamp == kEarliestTimestamp) return Kind::earliest;
    if (timestamp == kMaxTimestamp && version >= 7) return Kind::max_timestamp;
    if (timestamp == kEarliestLocalTimestamp && version >= 8) return Kind::earliest;
    return fail(ErrorCode::unsupported_version);
}

// Asked for, known, and empty: no record was ever moved to tiered storage.
bool asks_for_tiered(int64_t timestamp, int16_t version) {
    return (timestamp == kLatestTieredTimestamp && version >= 9) ||
           (timestamp == kEarliestPendingUploadTimestamp && version >= 11);
}

}  // namespace

Task<ListOffsetsResponse> list_offsets(Client& client, const Call& call,
                                       ListOffsetsRequest request) {
    broker::Broker& broker = client.service.broker;
    const meta::ImagePtr image = broker.topics().image();
    ListOffsetsResponse response;
    std::vector<broker::OffsetQuery> queries;
    std::vector<std::pair<size_t, size_t>> places;
    for (const ListOffsetsRequest::Topic& topic : request.topics) {
        const auto found = find_topic(*image, topic.name, {}, false);
        auto& answer = response.topics.emplace_back();
        answer.name = topic.name;
        for (const ListOffsetsRequest::Partition& partition : topic.partitions) {
            auto& part = answer.partitions.emplace_back();
            part.partition_index = partition.partition_index;
            if (asks_for_tiered(partition.timestamp, call.version())) continue;
            const auto id = found ? find_partition(**found, partition.partition_index)
                                  : fail(found.error());
            const auto kind = to_kind(partition.timestamp, call.version());
            if (!id || !kind) {
                part.error_code = to_api_error(id ? kind.error().code() : id.error().code(),
                                               Subject::topic);
                continue;
            }
            queries.push_back(
                {.partition = *id,
                 .kind = *kind,
                 .timestamp_ms = partition.timestamp,
                 .leader_epoch = known_epoch(partition.current_leader_epoch),
                 .isolation = request.isolation_level == IsolationLevel::read_committed
                                  ? broker::Isolation::read_committed
                                  : broker::Isolation::read_uncommitted});
            places.emplace_back(response.topics.size() - 1, answer.partitions.size() - 1);
        }
    }
    const auto answers = co_await broker.streams().find_offsets(std::move(queries));
    for (size_t i = 0; i < answers.size(); ++i) {
        auto& part = response.topics[places[i].first].partitions[places[i].second];
        if (!answers[i].status)
            part.error_code = to_api_error(answers[i].status.error().code(), Subject::records);
        part.offset = answers[i].offset.value;
        part.timestamp = answers[i].timestamp_ms;
        part.leader_epoch = answers[i].leader_epoch.value;
    }
    co_return response;
}

Task<OffsetForLeaderEpochResponse> offset_for_leader_epoch(Client& client, const Call&,
                                                           OffsetForLeaderEpochRequest request) {
    broker::Broker& broker = client.service.broker;
    const meta::ImagePtr image = broker.topics().image();
    OffsetForLeaderEpochResponse response;
    std::vector<broker::EpochQuery> queries;
    std::vector<std::pair<size_t, size_t>> places;
    for (const OffsetForLeaderEpochRequest::Topic& topic : request.topics) {
        const auto found = find_topic(*image, topic.topic, {}, false);
        auto& answer = response.topics.emplace_back();
        answer.topic = topic.topic;
        for (const OffsetForLeaderEpochRequest::Partition& partition : topic.partitions) {
            auto& part = answer.partitions.emplace_back();
            part.partition = partition.partition;
            const auto id = found ? find_partition(**found, partition.partition)
                                  : fail(found.error());
            if (!id) {
                part.error_code = to_api_error(id.error().code(), Subject::topic);
                continue;
            }
            queries.push_back({.partition = *id,
                               .current_epoch = known_epoch(partition.current_leader_epoch),
                               .epoch = {partition.leader_epoch}});
            places.emplace_back(response.topics.size() - 1, answer.partitions.size() - 1);
        }
    }
    const auto answers = co_await broker.streams().epoch_ends(std::move(queries));
    for (size_t i = 0; i < answers.size(); ++i) {
        auto& part = response.topics[places[i].first].partitions[places[i].second];
        if (!answers[i].status)
            part.error_code = to_api_error(answers[i].status.error().code(), Subject::topic);
        part.leader_epoch = answers[i].epoch.value;
        part.end_offset = answers[i].end.value;
    }
    co_return response;
}

Task<DeleteRecordsResponse> delete_records(Client& client, const Call&,
                                           DeleteRecordsRequest request) {
    broker::Broker& broker = client.service.broker;
    const meta::ImagePtr image = broker.topics().image();
    DeleteRecordsResponse response;
    std::vector<broker::TrimPart> parts;
    std::vector<std::pair<size_t, size_t>> places;
    for (const DeleteRecordsRequest::Topic& topic : request.topics) {
        const auto found = find_topic(*image, topic.name, {}, false);
        auto& answer = response.topics.emplace_back();
        answer.name = topic.name;
        for (const DeleteRecordsRequest::Partition& partition : topic.partitions) {
            auto& part = answer.partitions.emplace_back();
            part.partition_index = partition.partition_index;
            part.low_watermark = -1;
            auto id = found ? find_partition(**found, partition.partition_index)
                            : fail(found.error());
            if (id && !(*found)->config->delete_expired) {
                id = fail(ErrorCode::policy_violation);  // compacted topics keep the last value of
                                                         // every key
            }
            if (!id) {
                part.error_code = to_api_error(id.error().code(), Subject::topic);
                continue;
            }
            constexpr int64_t kUpToHighWatermark = -1;
            broker::TrimPart trim{.partition = *id, .before = {}};
            if (partition.offset != kUpToHighWatermark)
                trim.before = model::Offset{partition.offset};
            parts.push_back(trim);
            places.emplace_back(response.topics.size() - 1, answer.partitions.size() - 1);
        }
    }
    const auto answers = co_await broker.streams().trim(std::move(parts));
    for (size_t i = 0; i < answers.size(); ++i) {
        auto& part = response.topics[places[i].first].partitions[places[i].second];
        if (!answers[i].status)
            part.error_code = to_api_error(answers[i].status.error().code(), Subject::topic);
        part.low_watermark = answers[i].log_start.value;
    }
    co_return response;
}

}  // namespace polylog::kafka
