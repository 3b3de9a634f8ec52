#include <map>

#include "io/pace.h"
#include "io/signal.h"
#include "protocol/kafka/handlers/mentions.h"
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

// coroutine-safe: the request is its caller's, which waits.
Task<MentionCounts<PartitionMention>> count_mentions(const ListOffsetsRequest& request) {
    MentionCounts<PartitionMention> counts;
    io::Pace pace;
    for (const ListOffsetsRequest::Topic& topic : request.topics) {
        for (const ListOffsetsRequest::Partition& partition : topic.partitions) {
            if (pace.due()) co_await io::end_of_turn();
            counts.count({{topic.name, {}}, partition.partition_index});
        }
    }
    co_return counts;
}

}  // namespace

Task<ListOffsetsResponse> list_offsets(Client& client, const Call& call,
                                       ListOffsetsRequest request) {
    broker::Broker& broker = client.service.broker;
    const meta::ImagePtr image = broker.topics().image();
    ListOffsetsResponse response;
    std::vector<broker::OffsetQuery> queries;
    std::vector<std::pair<size_t, size_t>> places;
    const MentionCounts<PartitionMention> counts = co_await count_mentions(request);
    Mentioned<PartitionMention> mentioned;
    io::Pace pace;
    for (const ListOffsetsRequest::Topic& topic : request.topics) {
        const auto found = find_topic(*image, topic.name, {}, false);
        auto& answer = response.topics.emplace_back();
        answer.name = topic.name;
        for (const ListOffsetsRequest::Partition& partition : topic.partitions) {
            if (pace.due()) co_await io::end_of_turn();
            const PartitionMention mention{{topic.name, {}}, partition.partition_index};
            if (!mentioned.first(mention)) continue;
            auto& part = answer.partitions.emplace_back();
            part.partition_index = partition.partition_index;
            if (counts.repeated(mention)) {
                part.error_code = ApiError::invalid_request;  // which of them is meant?
                continue;
            }
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
    io::Pace pace;
    for (const OffsetForLeaderEpochRequest::Topic& topic : request.topics) {
        const auto found = find_topic(*image, topic.topic, {}, false);
        auto& answer = response.topics.emplace_back();
        answer.topic = topic.topic;
        for (const OffsetForLeaderEpochRequest::Partition& partition : topic.partitions) {
            if (pace.due()) co_await io::end_of_turn();
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

namespace {

// Collects the partitions that can be trimmed, and remembers where in the response their answers
// belong. A partition that is named again is trimmed once, at the offset said last, as in Kafka.
class TrimPlan {
public:
    // coroutine-safe: both are the caller's, which waits.
    Task<void> make(const DeleteRecordsRequest& request, const meta::MetadataImage& image) {
        io::Pace pace;
        for (const DeleteRecordsRequest::Topic& topic : request.topics) {
            const TopicMention mention{topic.name, {}};
            const auto found = find_topic(image, topic.name, {}, false);
            DeleteRecordsResponse::Topic answer{.name = std::string(topic.name)};
            for (const DeleteRecordsRequest::Partition& partition : topic.partitions) {
                if (pace.due()) co_await io::end_of_turn();
                add({mention, partition.partition_index}, partition, found, answer);
            }
            if (!answer.partitions.empty()) response.topics.push_back(std::move(answer));
        }
    }

    void answer(const std::vector<broker::TrimAnswer>& answers) {
        for (size_t i = 0; i < answers.size(); ++i) {
            auto& part = response.topics[places_[i].first].partitions[places_[i].second];
            if (!answers[i].status)
                part.error_code = to_api_error(answers[i].status.error().code(), Subject::topic);
            part.low_watermark = answers[i].log_start.value;
        }
    }

    std::vector<broker::TrimPart> parts;
    DeleteRecordsResponse response;

private:
    static constexpr int64_t kUpToHighWatermark = -1;
    static constexpr size_t kRefused = SIZE_MAX;

    void add(PartitionMention mention, const DeleteRecordsRequest::Partition& partition,
             const base::Result<TopicPtr>& topic, DeleteRecordsResponse::Topic& answer) {
        const auto [place, is_first] = by_mention_.try_emplace(mention, kRefused);
        if (is_first) {
            auto& part = answer.partitions.emplace_back();
            part.partition_index = partition.partition_index;
            part.low_watermark = -1;
            const auto id = find_trimmable(topic, partition.partition_index);
            if (!id) {
                part.error_code = to_api_error(id.error().code(), Subject::topic);
                return;
            }
            place->second = parts.size();
            parts.push_back({.partition = *id, .before = {}});
            places_.emplace_back(response.topics.size(), answer.partitions.size() - 1);
        }
        if (place->second == kRefused) return;
        auto& before = parts[place->second].before;
        before.reset();
        if (partition.offset != kUpToHighWatermark) before = model::Offset{partition.offset};
    }

    // Compacted topics keep the last value of every key.
    static Result<model::TopicPartition> find_trimmable(const base::Result<TopicPtr>& topic,
                                                        int32_t index) {
        if (!topic) return fail(topic.error());
        TRY(const auto id, find_partition(**topic, index));
        if (!(*topic)->config->delete_expired) return fail(ErrorCode::policy_violation);
        return id;
    }

    std::map<PartitionMention, size_t> by_mention_;  // where in parts, or kRefused
    std::vector<std::pair<size_t, size_t>> places_;
};

}  // namespace

Task<DeleteRecordsResponse> delete_records(Client& client, const Call&,
                                           DeleteRecordsRequest request) {
    broker::Broker& broker = client.service.broker;
    const meta::ImagePtr image = broker.topics().image();
    TrimPlan plan;
    co_await plan.make(request, *image);
    plan.answer(co_await broker.streams().trim(std::move(plan.parts)));
    co_return std::move(plan.response);
}

}  // namespace polylog::kafka
