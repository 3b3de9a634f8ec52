#include "io/pace.h"
#include "io/signal.h"
#include "protocol/kafka/handlers/groups.h"
#include "protocol/kafka/handlers/mentions.h"
#include "protocol/kafka/handlers/topic_lookup.h"

namespace polylog::kafka {

using base::ErrorCode;
using base::fail;
using base::Result;
using coordinator::TopicPartitionName;
using io::Task;

namespace {

// Of OffsetCommit: up to here a commit may say how long it is kept, and from here on a member
// learns that its group does not exist.
constexpr int16_t kLastVersionWithRetention = 4;
constexpr int16_t kFirstVersionWithoutGroup = 9;

}  // namespace

Task<OffsetCommitResponse> offset_commit(Client& client, const Call& call,
                                         OffsetCommitRequest request) {
    broker::Broker& broker = client.service.broker;
    const meta::ImagePtr image = broker.topics().image();
    const bool by_id = call.version() >= 10;
    OffsetCommitResponse response;
    std::vector<coordinator::OffsetCommit> commits;
    std::vector<std::pair<size_t, size_t>> places;
    io::Pace pace;
    for (const OffsetCommitRequest::Topic& topic : request.topics) {
        const auto found = find_topic(*image, topic.name, topic.topic_id, by_id);
        auto& answer = response.topics.emplace_back();
        answer.name = topic.name;
        answer.topic_id = topic.topic_id;
        for (const OffsetCommitRequest::Partition& partition : topic.partitions) {
            if (pace.due()) co_await io::end_of_turn();
            auto& part = answer.partitions.emplace_back();
            part.partition_index = partition.partition_index;
            const auto id = found ? find_partition(**found, partition.partition_index)
                                  : fail(found.error());
            if (!id) {
                part.error_code = to_api_error(id.error().code(), Subject::topic);
                continue;
            }
            commits.push_back(
                {.partition = {.topic = (*found)->name, .partition = {partition.partition_index}},
                 .committed = {.offset = {partition.committed_offset},
                               .leader_epoch = {partition.committed_leader_epoch},
                               .metadata = std::string(
                                   partition.committed_metadata.value_or(std::string_view()))}});
            places.emplace_back(response.topics.size() - 1, answer.partitions.size() - 1);
        }
    }
    coordinator::MemberIdentity member{.group_id = std::string(request.group_id),
                                       .member_id = std::string(request.member_id),
                                       .generation = request.generation_id_or_member_epoch};
    if (request.group_instance_id) member.instance_id = std::string(*request.group_instance_id);
    std::optional<base::Duration> retention;
    if (call.version() <= kLastVersionWithRetention && request.retention_time_ms != -1)
        retention = std::chrono::milliseconds(request.retention_time_ms);
    const auto committed = co_await broker.groups().commit(std::move(member), std::move(commits),
                                                           retention);
    for (size_t i = 0; i < committed.size(); ++i) {
        auto& part = response.topics[places[i].first].partitions[places[i].second];
        if (committed[i]) continue;
        const bool no_group = committed[i].error() == ErrorCode::unknown_group;
        part.error_code = no_group && call.version() < kFirstVersionWithoutGroup
                              ? ApiError::illegal_generation
                              : to_api_error(committed[i].error().code(), Subject::group);
    }
    co_return response;
}

namespace {

// One group's question, whichever version it came in.
struct OffsetsWanted {
    std::string group_id;
    bool all = false;
    std::vector<OffsetFetchRequest::GroupTopic> topics;
};

std::vector<OffsetsWanted> to_wanted(const OffsetFetchRequest& request, int16_t version) {
    std::vector<OffsetsWanted> wanted;
    if (version < 8) {
        OffsetsWanted& only = wanted.emplace_back();
        only.group_id = request.group_id;
        only.all = !request.topics;
        if (request.topics) {
            for (const OffsetFetchRequest::Topic& topic : *request.topics) {
                only.topics.push_back(
                    {.name = topic.name, .partition_indexes = topic.partition_indexes});
            }
        }
        return wanted;
    }
    for (const OffsetFetchRequest::Group& group : request.groups) {
        OffsetsWanted& each = wanted.emplace_back();
        each.group_id = group.group_id;
        each.all = !group.topics;
        if (group.topics) each.topics = *group.topics;
    }
    return wanted;
}

OffsetFetchResponse::Partition to_partition(int32_t index,
                                            const broker::Groups::Committed& committed,
                                            const std::string& topic) {
    OffsetFetchResponse::Partition partition{.partition_index = index,
                                             .committed_offset = -1,
                                             .metadata = ""};
    const auto found = committed.find({.topic = topic, .partition = {index}});
    if (found != committed.end()) {
        partition.committed_offset = found->second.offset.value;
        partition.committed_leader_epoch = found->second.leader_epoch.value;
        partition.metadata = found->second.metadata;
    }
    return partition;
}

// Everything that was committed, topic by topic. Topics that are gone have no id to answer with.
void list_all(const broker::Groups::Committed& committed, const meta::MetadataImage& image,
              bool by_id, OffsetFetchResponse::Group& group) {
    for (const auto& [partition, offset] : committed) {
        const TopicPtr topic = image.find(partition.topic);
        if (by_id && !topic) continue;
        if (group.topics.empty() || group.topics.back().name != partition.topic) {
            group.topics.push_back(
                {.name = partition.topic, .topic_id = topic ? topic->id.value : base::Uuid{}});
        }
        group.topics.back().partitions.push_back(
            to_partition(partition.partition.value, committed, partition.topic));
    }
}

Task<OffsetFetchResponse::Group> fetch_group(Client& client, OffsetsWanted wanted, bool by_id) {
    broker::Broker& broker = client.service.broker;
    OffsetFetchResponse::Group group{.group_id = wanted.group_id};
    std::string group_id = wanted.group_id;
    const auto committed = co_await broker.groups().committed(std::move(group_id), std::nullopt);
    if (!committed) {
        group.error_code = to_api_error(committed.error().code(), Subject::group);
        co_return group;
    }
    const meta::ImagePtr image = broker.topics().image();
    if (wanted.all) {
        list_all(*committed, *image, by_id, group);
        co_return group;
    }
    Mentioned<PartitionMention> mentioned;
    io::Pace pace;
    for (const OffsetFetchRequest::GroupTopic& topic : wanted.topics) {
        const TopicMention mention{topic.name, topic.topic_id};
        const auto found = find_topic(*image, topic.name, topic.topic_id, by_id);
        OffsetFetchResponse::GroupTopic answer{.name = by_id && found ? (*found)->name
                                                                      : std::string(topic.name),
                                               .topic_id = topic.topic_id};
        for (const int32_t index : topic.partition_indexes) {
            if (pace.due()) co_await io::end_of_turn();
            if (!mentioned.first({mention, index})) continue;
            auto& partition = answer.partitions.emplace_back(
                to_partition(index, *committed, answer.name));
            if (by_id && !found) partition.error_code = ApiError::unknown_topic_id;
        }
        if (topic.partition_indexes.empty() || !answer.partitions.empty())
            group.topics.push_back(std::move(answer));
    }
    co_return group;
}

}  // namespace

Task<OffsetFetchResponse> offset_fetch(Client& client, const Call& call,
                                       OffsetFetchRequest request) {
    OffsetFetchResponse response;
    std::vector<OffsetsWanted> wanted_of_all = to_wanted(request, call.version());
    Mentioned<std::string> mentioned;
    io::Pace pace;
    for (OffsetsWanted& wanted : wanted_of_all) {
        if (pace.due()) co_await io::end_of_turn();
        if (!mentioned.first(wanted.group_id)) continue;
        response.groups.push_back(
            co_await fetch_group(client, std::move(wanted), call.version() >= 10));
    }
    if (call.version() < 8) {
        OffsetFetchResponse::Group& only = response.groups.front();
        response.error_code = only.error_code;
        for (OffsetFetchResponse::GroupTopic& topic : only.topics) {
            response.topics.push_back(
                {.name = std::move(topic.name), .partitions = std::move(topic.partitions)});
        }
    }
    co_return response;
}

Task<OffsetDeleteResponse> offset_delete(Client& client, const Call&, OffsetDeleteRequest request) {
    OffsetDeleteResponse response;
    const meta::ImagePtr image = client.service.broker.topics().image();
    std::vector<TopicPartitionName> partitions;
    std::vector<std::pair<size_t, size_t>> places;
    io::Pace pace;
    for (const OffsetDeleteRequest::Topic& topic : request.topics) {
        const auto found = find_topic(*image, topic.name, {}, false);
        auto& answer = response.topics.emplace_back();
        answer.name = topic.name;
        for (const OffsetDeleteRequest::Partition& partition : topic.partitions) {
            if (pace.due()) co_await io::end_of_turn();
            auto& part = answer.partitions.emplace_back();
            part.partition_index = partition.partition_index;
            if (!found || !find_partition(**found, partition.partition_index)) {
                part.error_code = ApiError::unknown_topic_or_partition;
                continue;
            }
            partitions.push_back({.topic = answer.name, .partition = {partition.partition_index}});
            places.emplace_back(response.topics.size() - 1, answer.partitions.size() - 1);
        }
    }
    std::string group_id(request.group_id);
    const auto deleted = co_await client.service.broker.groups().delete_offsets(std::move(group_id),
                                                                                std::move(
                                                                                    partitions));
    if (!deleted) {
        response.error_code = to_api_error(deleted.error().code(), Subject::group);
        response.topics.clear();
        co_return response;
    }
    for (size_t i = 0; i < deleted->size(); ++i) {
        auto& part = response.topics[places[i].first].partitions[places[i].second];
        if (!(*deleted)[i])
            part.error_code = to_api_error((*deleted)[i].error().code(), Subject::group);
    }
    co_return response;
}

}  // namespace polylog::kafka
